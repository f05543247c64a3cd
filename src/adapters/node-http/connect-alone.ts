import type { Socket } from 'node:net';
import type { ConnectOptions, OutgoingRequest } from './protocol.js';

/** Connects a request that has no agent but a `createConnection` of its own, as its constructor does. */
export function connectAlone(request: OutgoingRequest, options: ConnectOptions): void {
  request._last = true;
  request.shouldKeepAlive = false;
  let isCreated = false;
  const created = (error: Error | null, socket?: Socket) => {
    if (isCreated) {
      return;
    }
    isCreated = true;
    if (error) {
      process.nextTick(() => request.emit('error', error));
    } else if (socket !== undefined) {
      request.onSocket(socket);
    }
  };
  try {
    const socket = options.createConnection?.({ ...options, path: options.socketPath ?? null }, created);
    if (socket) {
      created(null, socket);
    }
  } catch (error) {
    created(error as Error);
  }
}
