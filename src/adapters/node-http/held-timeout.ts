import { clearTimeout, setTimeout } from '../../core/clock.js';
import { wrapMethod } from '../../core/wrap-method.js';
import type { OutgoingRequest } from './protocol.js';

type Write = (...args: unknown[]) => boolean;
type SetTimeout = (ms: number, callback?: () => void) => OutgoingRequest;

/**
 * Tells a request that has no connection of its timeout, as its connection would: once, when so much time has passed with
 * nothing written.
 */
export class HeldTimeout {
  readonly #request: OutgoingRequest;
  #ms: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(request: OutgoingRequest) {
    this.#request = request;
    this.#ms = request.timeout ?? request.agent?.options?.timeout ?? 0;
    const methods = request as unknown as { write: Write; setTimeout: SetTimeout };
    wrapMethod(methods, 'write', (write) => (...args) => {
      this.#wait();
      return write(...args);
    });
    wrapMethod(methods, 'setTimeout', (setTimeout) => (ms, callback) => {
      const result = setTimeout(ms, callback);
      this.#ms = ms;
      this.#wait();
      return result;
    });
    this.#wait();
  }

  /** The request has a connection, or needs none. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    if (this.#isOver || this.#ms === 0) {
      return;
    }
    this.#timer = setTimeout(() => {
      this.end();
      this.#request.emit('timeout');
    }, this.#ms);
    // Whether the process lives on is for what waits for the body.
    this.#timer.unref();
  }
}
