import type { HeaderPair } from '../../core/interaction.js';
import type { RequestHead } from '../../core/recording.js';
import { requestTarget } from '../../http/target.js';
import { asksForWebSocket } from '../../http/websocket-protocol.js';
import { headerLines } from './headers.js';
import type { ConnectOptions, OutgoingRequest } from './protocol.js';

/** Where a request goes: scheme, host and port, as a URL has them. */
export function originOf({ protocol, host }: OutgoingRequest, { port }: ConnectOptions): string {
  const name = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
  const base = `${protocol}//${name}:${port}`;
  return URL.canParse(base) ? new URL(base).origin : base;
}

/** What is asked, as far as it is known before the headers are sent: all but them. */
export function requestHead({ method, path }: OutgoingRequest, origin: string): RequestHead {
  return {
    protocol: 'http',
    action: method,
    target: requestTarget(method, path, origin),
    headers: [],
  };
}

/** What node adds by itself, so that a server knows where a message ends; only what the program says is the request. */
const ADDED = new Set(['connection', 'content-length', 'transfer-encoding']);

/** What is for a proxy on the way (RFC 9110, 11.7), which an agent adds as it comes to know of one. */
const FOR_PROXIES = new Set(['proxy-authorization', 'proxy-connection']);

/** The headers as they were sent, their names in the program's case. */
export function sentHeaders(request: OutgoingRequest, options: ConnectOptions, origin: string): HeaderPair[] {
  const isOwn = ownNames(request, options);
  const authority = origin.replace(/^https?:\/\//, '');
  return headerLines(request._header ?? '').filter(([name, value]) => {
    const key = name.toLowerCase();
    if (key === 'host') {
      return value.toLowerCase() !== authority;
    }
    return !FOR_PROXIES.has(key) && (!ADDED.has(key) || isOwn(key));
  });
}

/** Tells the headers that are the program's. Headers given as a list are in the options only. */
function ownNames(request: OutgoingRequest, { headers }: ConnectOptions): (name: string) => boolean {
  if (!Array.isArray(headers)) {
    return (name) => request.hasHeader(name);
  }
  const own = new Set(listedPairs(headers).map(([name]) => name));
  return (name) => own.has(name);
}

/** Names and values in turn, or pairs of them; both in lower case. */
function listedPairs(headers: readonly unknown[]): (readonly [name: string, value: string])[] {
  const flat = headers.flat().map((part) => String(part).toLowerCase());
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as const] : []));
}

/** A header that the program has set; `name` in lower case. */
function headerOf(request: OutgoingRequest, { headers }: ConnectOptions, name: string): string | undefined {
  if (Array.isArray(headers)) {
    return listedPairs(headers).find((pair) => pair[0] === name)?.[1];
  }
  const value = request.getHeader(name);
  return value === undefined ? undefined : String(value).toLowerCase();
}

/** What a connection becomes that a request asks for; undefined where it stays what it is. */
export function upgradeOf(
  request: OutgoingRequest,
  options: ConnectOptions,
): 'websocket' | 'other' | undefined {
  if (request.method === 'CONNECT') {
    return 'other';
  }
  const upgrade = headerOf(request, options, 'upgrade');
  if (upgrade === undefined) {
    return undefined;
  }
  const key = headerOf(request, options, 'sec-websocket-key') ?? '';
  const head = {
    protocol: 'http',
    action: request.method,
    target: '',
    headers: [['sec-websocket-key', key]],
  } as const;
  return key !== '' && asksForWebSocket(head, upgrade) ? 'websocket' : 'other';
}

/** Does the program wait for an interim response before it sends its body (RFC 9110, 10.1.1)? */
export function expectsContinue(request: OutgoingRequest, options: ConnectOptions): boolean {
  return headerOf(request, options, 'expect') === '100-continue';
}
