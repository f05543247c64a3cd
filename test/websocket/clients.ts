import { createRequire } from 'node:module';
import { join } from 'node:path';
import { copies, WHY_SKIPPED } from '../adapters/undici/clients.js';
import { folder, installClients } from '../third-party/packages.js';

/** What all WebSockets have in common, as the standard has it. */
export interface Socket {
  readonly protocol: string;
  readonly extensions: string;
  binaryType: string;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: ((event: { readonly message?: string; readonly error?: unknown }) => void) | null;
  onclose:
    | ((event: { readonly code: number; readonly reason: string; readonly wasClean: boolean }) => void)
    | null;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
}

/** The `ws` of npm, with what it has besides. */
export interface WsSocket extends Socket {
  on(event: string, listener: (...args: never[]) => void): this;
  send(data: string | Uint8Array, options?: { readonly fin?: boolean; readonly binary?: boolean }): void;
  ping(data?: string): void;
  terminate(): void;
}

export type SocketClass<S = Socket> = new (
  url: string,
  protocols?: readonly string[],
  options?: Readonly<Record<string, unknown>>,
) => S;

export interface Client {
  readonly name: string;
  /** Undefined where this Node has none. */
  readonly WebSocket: SocketClass | undefined;
  /** Does it tell of a close after a handshake that failed? */
  readonly closesUnopened: boolean;
  readonly why: string;
}

interface WsServer {
  on(event: 'connection', listener: (socket: WsSocket) => void): this;
  handleUpgrade(request: unknown, socket: unknown, head: unknown, done: (socket: WsSocket) => void): void;
}

interface WsModule {
  readonly WebSocket: SocketClass<WsSocket>;
  readonly WebSocketServer: new (options: Readonly<Record<string, unknown>>) => WsServer;
}

/** Why `ws` is not there; undefined where it is. */
export const missing = installClients();

export const ws =
  missing === undefined
    ? (createRequire(join(folder, 'package.json'))('ws') as WsModule)
    : ({} as Partial<WsModule>);

export const clients: readonly Client[] = [
  {
    name: 'the global WebSocket',
    WebSocket: Reflect.get(globalThis, 'WebSocket') as SocketClass | undefined,
    closesUnopened: !process.version.startsWith('v22.'),
    why: 'this Node has no WebSocket',
  },
  ...copies.map(({ name, undici }) => ({
    name,
    WebSocket: undici?.WebSocket as unknown as SocketClass | undefined,
    closesUnopened: name !== 'undici 6',
    why: WHY_SKIPPED,
  })),
  { name: 'ws', WebSocket: ws.WebSocket, closesUnopened: true, why: missing ?? '' },
];

/** An event of a WebSocket, as the program sees it. */
export type Event = readonly [event: string, ...details: unknown[]];

/**
 * What a program sees of a WebSocket, until it is closed.
 *
 * @param each Called for each event, with how many messages have come so far.
 */
export function talk(
  { WebSocket: Class, closesUnopened }: Client,
  url: string,
  each: (socket: Socket, event: Event, messages: number) => void,
  protocols: readonly string[] = [],
  options?: Readonly<Record<string, unknown>>,
): Promise<readonly Event[]> {
  return new Promise((resolve, reject) => {
    const seen: Event[] = [];
    const socket = new (Class as SocketClass)(url.replace('http', 'ws'), protocols, options);
    socket.binaryType = 'arraybuffer';
    const see = (...event: Event) => {
      seen.push(event);
      try {
        each(socket, event, seen.filter(([name]) => name === 'message').length);
      } catch (error) {
        reject(error);
      }
    };
    socket.onopen = () => see('open', socket.protocol, socket.extensions);
    socket.onmessage = ({ data }) => see('message', typeof data === 'string' ? data : bytesOf(data));
    socket.onerror = ({ message }) => {
      see('error', message);
      if (!closesUnopened && seen[0]?.[0] !== 'open') {
        resolve(seen);
      }
    };
    socket.onclose = ({ code, reason, wasClean }) => {
      see('close', code, reason, wasClean);
      resolve(seen);
    };
  });
}

function bytesOf(data: unknown): string {
  return `0x${Buffer.from(data as ArrayBuffer).toString('hex')}`;
}

/** Names of events, without what they say. */
export function namesOf(events: readonly Event[]): readonly string[] {
  return events.map(([name]) => name);
}
