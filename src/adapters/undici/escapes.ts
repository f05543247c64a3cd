import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { RequestNotBrokeredError } from '../../core/errors.js';
import type { Router } from './dispatch.js';
import { isForwarding } from './forwarded.js';
import type { HeldSlots } from './global-slots.js';

const CHANNEL = 'undici:request:create';

const REPLACED =
  'the program replaced the global dispatcher through an undici that was loaded before the installation.';
const INSTALL_FIRST =
  'Install before undici is imported, for instance with "node --import interposition/register".';

const OWN_DISPATCHER =
  'a request went past the Broker, with a dispatcher of its own: it is neither recorded nor replayed. ' +
  'Compose that dispatcher with interpose().';

/** undici's own request: in one protocol it fails by `onError`, in the other by `onResponseError`. */
interface UndiciRequest {
  readonly method: string;
  readonly path: string;
  readonly origin?: unknown;
  onError?(error: Error): void;
  onResponseError?(error: Error): void;
}

/**
 * Watches every request of any undici. Says so once where one went past every Broker. Where the program has replaced the
 * global dispatcher in a way that no hook saw (through an undici that was loaded before), takes the slot back, and in
 * `replay` stops that request. Gives the undo.
 */
export function watchEscapes(slots: HeldSlots, router: Router, warn: (message: string) => void): () => void {
  const onCreate = (message: unknown) => {
    const { request } = message as { request: UndiciRequest };
    const { method: action } = request;
    const target = `${String(request.origin ?? '')}${request.path}`;
    const wasReplaced = slots.reclaim();
    const route = router();
    if (route === undefined || route.passes({ protocol: 'http', action, target, headers: [] })) {
      return;
    }
    if (!wasReplaced) {
      // A proxy's tunnel is made by its dispatcher, not by the program.
      if (!isForwarding() && action !== 'CONNECT') {
        warn(OWN_DISPATCHER);
      }
      return;
    }
    const name = `${action} ${route.broker.text(target)}`;
    if (route.broker.mode === 'replay') {
      const error = new RequestNotBrokeredError(name, `${REPLACED} ${INSTALL_FIRST}`);
      (request.onResponseError ?? request.onError)?.call(request, error);
    }
    warn(`${name} was not brokered, requests from here on are: ${REPLACED} ${INSTALL_FIRST}`);
  };
  subscribe(CHANNEL, onCreate);
  return () => unsubscribe(CHANNEL, onCreate);
}
