import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { RequestNotBrokeredError } from '../../core/errors.js';
import type { Router } from './dispatch.js';
import type { HeldSlots } from './global-slots.js';

const CHANNEL = 'undici:request:create';

/** undici's own request: in one protocol it fails by `onError`, in the other by `onResponseError`. */
interface UndiciRequest {
  readonly method: string;
  readonly path: string;
  readonly origin?: unknown;
  onError?(error: Error): void;
  onResponseError?(error: Error): void;
}

/**
 * Notices at the next request of any undici that the program has replaced the global dispatcher in a way that no hook
 * saw (an undici that was loaded before): takes the slot back, and in `replay` stops that request. Gives the undo.
 */
export function watchEscapes(slots: HeldSlots, router: Router, warn: (message: string) => void): () => void {
  const onCreate = (message: unknown) => {
    if (!slots.reclaim()) {
      return;
    }
    const { request } = message as { request: UndiciRequest };
    const target = `${String(request.origin ?? '')}${request.path}`;
    const route = router();
    if (route?.broker.mode === 'replay') {
      const error = new RequestNotBrokeredError(request.method, target);
      (request.onResponseError ?? request.onError)?.call(request, error);
    }
    if (route !== undefined) {
      warn(
        'the program replaced the global dispatcher with one of an undici that was loaded before the installation. ' +
          `${request.method} ${target} was not brokered; requests from here on are.`,
      );
    }
  };
  subscribe(CHANNEL, onCreate);
  return () => unsubscribe(CHANNEL, onCreate);
}
