import { UpgradeNotRecordedError } from '../../core/errors.js';
import type { RequestHead } from '../../core/recording.js';
import type { Exchange } from './exchange.js';
import type { Call } from './forward.js';

export const UPGRADE_NOTICE =
  'requests for an upgraded connection (other than a WebSocket), and CONNECT, pass through, unrecorded.';

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
