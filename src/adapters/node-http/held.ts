import { setImmediate } from '../../core/clock.js';
import { wrapMethod } from '../../core/wrap-method.js';
import type { OutgoingRequest } from './protocol.js';

type Write = (chunk?: unknown, encoding?: unknown, callback?: unknown) => boolean;

/**
 * Keeps a request that has no connection writable, so that its body can be read before it is known where it goes. Gives
 * the undo, after which the request may be handed to an agent, with all that was written.
 */
export function holdRequest(request: OutgoingRequest): () => void {
  let isHeld = true;
  // Live, and in replay, no write is through before there is a connection, which takes a turn of the event loop.
  const connected = new Promise<void>((resolve) => setImmediate(resolve));
  // What is written counts as taken: a program that waits for room, or for its callback, would wait forever.
  request.outputSize = Number.NEGATIVE_INFINITY;
  wrapMethod(request as unknown as { write: Write }, 'write', (write) => (chunk, encoding, callback) => {
    const taken = typeof encoding === 'function' ? encoding : callback;
    if (!isHeld || typeof taken !== 'function' || request.writableEnded || request.destroyed) {
      return write(chunk, encoding, callback);
    }
    const result = write(chunk, typeof encoding === 'function' ? undefined : encoding);
    // What the program throws is to be an uncaught exception, and not a rejection.
    void connected.then(() => process.nextTick(taken));
    return result;
  });
  return () => {
    isHeld = false;
    request.outputSize = request.outputData.reduce((sum, { data }) => sum + data.length, 0);
  };
}
