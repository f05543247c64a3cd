import { UpgradeNotRecordedError } from '../../core/errors.js';
import type { RequestHead } from '../../core/recording.js';
import { UPGRADE_NOTICE } from '../../http/websocket-protocol.js';
import type { Exchange } from './exchange.js';
import type { Call } from './forward.js';

/** A request for an upgraded connection: those are not recorded. */
export function dispatchUpgrade({ route, connect }: Call, head: RequestHead, exchange: Exchange): void {
  const { broker } = route;
  if (broker.mode === 'replay') {
    exchange.fail(new UpgradeNotRecordedError(head.action, broker.text(head.target)));
    return;
  }
  broker.warn(UPGRADE_NOTICE);
  connect();
}
