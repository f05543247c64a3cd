import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { type Loopback, loopback } from '../support/loopback.js';
import { type WsSocket, ws } from './clients.js';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** A server on 127.0.0.1 that speaks by the `ws` of npm. */
export async function webSocketServer(
  greet: (socket: WsSocket, path: string) => void,
  options: Readonly<Record<string, unknown>> = {},
): Promise<Loopback> {
  const Server = ws.WebSocketServer;
  const server = await loopback((_, response) => response.end('plain'));
  if (Server === undefined) {
    return server;
  }
  const sockets = new Server({ noServer: true, ...options });
  server.server.on('upgrade', (request, socket, head) => {
    if (request.url === '/refused') {
      socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno');
    } else {
      sockets.handleUpgrade(request, socket, head, (webSocket) => greet(webSocket, request.url ?? ''));
    }
  });
  return server;
}

/** A server that speaks in bytes: they go out together with the head of its answer. */
export async function rawServer(
  first: Uint8Array,
  then: (socket: Duplex, data: Buffer) => void = () => {},
): Promise<Loopback> {
  const server = await loopback((_, response) => response.end());
  server.server.on('upgrade', (request, socket) => {
    const key = request.headers['sec-websocket-key'] ?? '';
    const proof = createHash('sha1')
      .update(key + GUID)
      .digest('base64');
    const head =
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${proof}\r\n\r\n`;
    socket.write(Buffer.concat([Buffer.from(head), first]));
    socket.on('data', (data: Buffer) => then(socket, data));
    socket.on('error', () => {});
  });
  return server;
}

/** An unmasked frame. @param first Its first byte: the final bit, reserved bits, opcode. */
export function frame(first: number, payload: string | Uint8Array): Buffer {
  const bytes = Buffer.from(payload as string);
  return Buffer.concat([Uint8Array.of(first, bytes.byteLength), bytes]);
}
