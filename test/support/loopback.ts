import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

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

/** An HTTP proxy that forwards, and tunnels. */
export async function proxyServer(): Promise<Loopback> {
  const proxy = await loopback((request, response) => {
    const { method, headers } = request;
    const forwarded = httpRequest(request.url ?? '', { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(forwarded.on('error', () => response.destroy()));
  });
  proxy.server.on('connect', (request, socket) => {
    const [host, port] = (request.url ?? '').split(':');
    tunnel(socket, Number(port), host, 'HTTP/1.1 200 Connection established\r\n\r\n');
  });
  return proxy;
}

/** A SOCKS5 proxy without authentication (RFC 1928), for IPv4 addresses and names. */
export async function socksServer(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)));
    socket.once('data', () => {
      socket.write(Uint8Array.of(5, 0));
      socket.once('data', (asked) => {
        const isName = asked[3] === 3;
        const end = isName ? 5 + (asked[4] ?? 0) : 8;
        const host = isName ? asked.subarray(5, end).toString() : asked.subarray(4, end).join('.');
        tunnel(socket, asked.readUInt16BE(end), host, Uint8Array.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 80));
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `socks5://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) {
        socket.destroy();
      }
      await closed;
    },
  };
}

function tunnel(
  socket: Duplex,
  port: number,
  host: string | undefined,
  established: string | Uint8Array,
): void {
  const upstream = connect(port, host, () => {
    socket.write(established);
    upstream.pipe(socket).pipe(upstream);
  });
  upstream.on('error', () => socket.destroy());
  socket.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
}

/** Answers upgrades and CONNECT, and says everything again that comes after them. */
export function echoUpgraded(server: Server): void {
  for (const [event, status] of [
    ['upgrade', '101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo'],
    ['connect', '200 Connected'],
  ] as const) {
    server.on(event, (_, socket) => {
      socket.write(`HTTP/1.1 ${status}\r\n\r\n`);
      socket.pipe(socket);
    });
  }
}
