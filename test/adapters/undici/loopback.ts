import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A request as the server saw it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface Loopback {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  /** How many requests have come in, upgrades and CONNECT included. */
  readonly count: () => number;
  close(): Promise<void>;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** An HTTP server on 127.0.0.1; `close` ends its connections as well. */
export async function loopback(listener: Listener): Promise<Loopback> {
  let requests = 0;
  const sockets = new Set<Socket>();
  const server = createServer(listener);
  for (const event of ['request', 'upgrade', 'connect']) {
    server.prependListener(event, () => requests++);
  }
  server.on('connection', (socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    count: () => requests,
    async close() {
      if (server.listening) {
        const closed = once(server, 'close');
        server.close();
        for (const socket of sockets) {
          socket.destroy();
        }
        await closed;
      }
    },
  };
}

export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** Calls the listener when the request's body is there. */
export function whole(listener: (seen: Seen, response: ServerResponse) => void): Listener {
  return (request, response) => {
    bodyOf(request).then(
      (body) => {
        const { method = '', url = '', headers } = request;
        listener({ method, url, headers, body }, response);
      },
      () => {},
    );
  };
}

/** A promise and the function that fulfils it. */
export function signal<T = void>(): { readonly seen: Promise<T>; give(value: T): void } {
  let give!: (value: T) => void;
  const seen = new Promise<T>((resolve) => {
    give = resolve;
  });
  return { seen, give };
}
