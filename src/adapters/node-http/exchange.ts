import { ReplaySocket } from '../../http/replay-socket.js';
import type { OutgoingRequest } from './protocol.js';

/** One request of a program that is answered here, from the program's side: it has a connection, and may fail. */
export class Exchange {
  readonly request: OutgoingRequest;
  #socket: ReplaySocket | undefined;

  constructor(request: OutgoingRequest) {
    this.request = request;
  }

  /** The request's connection, which it gets when this is asked for first. */
  get socket(): ReplaySocket {
    if (this.#socket === undefined) {
      const { request } = this;
      const socket = new ReplaySocket(request.protocol === 'https:');
      this.#socket = socket;
      request.onSocket(socket);
      // As an agent does; the request's own option comes before.
      const timeout = request.timeout ?? request.agent?.options?.timeout;
      if (timeout) {
        socket.setTimeout(timeout);
      }
      socket.once('free', () => {
        if (request.res === null) {
          // Given up before it had its connection, which node then takes for one that others may use.
          socket.destroy();
        } else {
          socket.setTimeout(0);
        }
      });
    }
    return this.#socket;
  }

  /** Ends the exchange: the request fails with this very error. */
  fail(error: unknown): void {
    this.socket.destroy(error as Error);
  }
}
