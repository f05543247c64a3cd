import { subscribe, unsubscribe } from 'node:diagnostics_channel';

const CHANNEL = 'http.client.request.start';

/**
 * Says that a request through node:http goes out unrecorded, where this adapter was turned off. Gives the undo.
 *
 * @param isLeftOut Would the request have been brokered otherwise?
 */
export function watchNodeHttp(isLeftOut: () => boolean, warn: (message: string) => void): () => void {
  const onRequest = () => {
    if (isLeftOut()) {
      warn(
        'requests made through node:http and node:https are neither recorded nor replayed; they go live, as `nodeHttp` is false.',
      );
    }
  };
  subscribe(CHANNEL, onRequest);
  return () => unsubscribe(CHANNEL, onRequest);
}
