import { subscribe, unsubscribe } from 'node:diagnostics_channel';

const CHANNEL = 'http.client.request.start';

/**
 * Says that a request through node:http goes out unrecorded: this adapter does not record yet, and must not be silent
 * about it. Gives the undo.
 *
 * @param isResponsible Would the request have been brokered?
 */
export function watchNodeHttp(isResponsible: () => boolean, warn: (message: string) => void): () => void {
  const onRequest = () => {
    if (isResponsible()) {
      warn('requests made through node:http and node:https are neither recorded nor replayed; they go live.');
    }
  };
  subscribe(CHANNEL, onRequest);
  return () => unsubscribe(CHANNEL, onRequest);
}
