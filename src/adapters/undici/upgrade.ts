import { UpgradeNotRecordedError } from '../../core/errors.js';
import { UPGRADE_NOTICE } from '../../http/websocket-protocol.js';
import { Exchange } from './exchange.js';
import { type Call, marked } from './forward.js';
import { asForwarded } from './forwarded.js';
import { programOf } from './program.js';

/** A request for an upgraded connection: those are not recorded. */
export function dispatchUpgrade({ route: { broker }, head, upstream, options, handler }: Call): boolean {
  if (broker.mode === 'replay') {
    const error = new UpgradeNotRecordedError(head.action, broker.text(head.target));
    new Exchange(programOf(handler)).fail(error);
    return true;
  }
  broker.warn(UPGRADE_NOTICE);
  return asForwarded(() => upstream.dispatch(marked(options), handler));
}
