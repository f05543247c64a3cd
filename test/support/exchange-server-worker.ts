import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { SeenRequest } from './exchange-server.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The part of the path after the route: names the exchange. */
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: Promise<Buffer>;
  readonly seen: SeenRequest;
  /** How many requests this path has had, this one included. */
  readonly nth: number;
}

type Route = (exchange: Exchange) => void | Promise<void>;

const { counter } = workerData as { counter: Int32Array };
const seenRequests: SeenRequest[] = [];
const visits = new Map<string, number>();
const sockets = new WeakMap<Duplex, number>();
let socketCount = 0;

/** Moments that one request waits for and another brings about; each happens once and stays. */
const moments = new Map<string, { promise: Promise<void>; happen: () => void }>();

function moment(name: string): { promise: Promise<void>; happen: () => void } {
  const known = moments.get(name);
  if (known) return known;
  let happen = (): void => {};
  const promise = new Promise<void>((resolve) => {
    happen = resolve;
  });
  const made = { promise, happen };
  moments.set(name, made);
  return made;
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

// This and `slow` are more than a recorder reads ahead of its program, which is 1 MiB, and cost each program their
// reading, printing and parsing.
const binary = Buffer.alloc(1_500_000);
for (let i = 0, state = 1; i < binary.length; i++) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  binary[i] = state >>> 24;
}
const block = Buffer.alloc(65_536, 'All work and no play makes a dull upstream.\n');

function json(res: ServerResponse, value: unknown, status = 200): void {
  const body = JSON.stringify(value);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  res.end(body);
}

function compressed(res: ServerResponse, encoding: string, encode: (data: Buffer) => Buffer): void {
  const body = encode(
    Buffer.from(JSON.stringify({ encoding, list: Array.from({ length: 200 }, (_, i) => i) })),
  );
  res.writeHead(200, {
    'content-type': 'application/json',
    'content-encoding': encoding,
    'content-length': body.length,
  });
  res.end(body);
}

/** Sends each piece only after the client has told, by another request, that it read the one before. */
async function paced({ res, id }: Exchange, pieces: readonly (string | Buffer)[]): Promise<void> {
  for (const [index, piece] of pieces.entries()) {
    res.write(piece);
    await moment(`go ${id}/${index}`).promise;
  }
}

function drained(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      res.off('drain', done).off('close', done);
      resolve();
    };
    res.on('drain', done).on('close', done);
  });
}

async function pour(res: ServerResponse, total: number, stalled?: () => void): Promise<void> {
  for (let sent = 0; sent < total && !res.destroyed; sent += block.length) {
    if (res.write(block)) continue;
    const timer = stalled && setTimeout(stalled, 150);
    await drained(res);
    clearTimeout(timer);
  }
  res.end();
}

const routes: Record<string, Route> = {
  json: ({ res, id }) => json(res, { hello: 'world', id }),

  text: ({ res }) => {
    res.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    res.end('plain text, with an é and a 漢\n');
  },

  latin1: ({ res }) => {
    res.writeHead(200, { 'x-latin': 'caf\u00e9 \u00fc\u00ff', 'content-type': 'text/plain; charset=latin1' });
    res.end(Buffer.from('caf\u00e9', 'latin1'));
  },

  duplicates: ({ res }) => {
    const pairs = [
      'X-Dup',
      'one',
      'Vary',
      'Accept',
      'x-dup',
      'two',
      'vary',
      'Origin',
      'X-MiXeD',
      'Case',
      'x-empty',
      '',
    ];
    res.writeHead(200, [
      ...pairs,
      'WWW-Authenticate',
      'Basic',
      'WWW-Authenticate',
      'Bearer',
      'X-DUP',
      'three',
    ]);
    res.end('duplicates');
  },

  cookies: ({ res }) => {
    res.writeHead(200, [
      'Set-Cookie',
      'a=1; Path=/; HttpOnly',
      'set-cookie',
      'b=2, 3; Expires=Wed, 21 Oct 2026 07:28:00 GMT',
    ]);
    res.end('cookies');
  },

  status: ({ res, query, req }) => {
    const code = Number(query.get('code'));
    const empty = code === 204 || code === 304 || req.method === 'HEAD';
    if (query.has('text')) res.statusMessage = query.get('text') ?? '';
    res.statusCode = code;
    res.setHeader('etag', '"v1"');
    if (empty) res.end();
    else res.end(`status ${code}`);
  },

  empty: ({ res }) => {
    res.writeHead(200, { 'content-length': 0, 'x-empty': 'yes' });
    res.end();
  },

  head: ({ res }) => {
    res.writeHead(200, { 'content-length': 1234, 'content-type': 'text/html' });
    res.end();
  },

  chunked: async (exchange) => {
    exchange.res.writeHead(200, { 'content-type': 'application/x-ndjson' });
    await paced(exchange, ['{"a":1}\n', Buffer.alloc(1000, 'b'), 'c', Buffer.alloc(16_000, 'd')]);
    exchange.res.end();
  },

  sse: async (exchange) => {
    exchange.res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    const event = (n: number): string => `id: ${n}\nevent: tick\ndata: {"n":${n}}\n\n`;
    await paced(exchange, [event(1), event(2), event(3), event(4)]);
    exchange.res.end();
  },

  events: ({ res }) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.write('retry: 60000\n\nid: 1\ndata: one\n\nid: 2\ndata: two\n\nid: 3\nevent: tick\ndata: three\n\n');
  },

  gzip: ({ res }) => compressed(res, 'gzip', gzipSync),
  br: ({ res }) => compressed(res, 'br', brotliCompressSync),
  deflate: ({ res }) => compressed(res, 'deflate', deflateSync),
  nested: ({ res }) => compressed(res, 'gzip, br', (data) => brotliCompressSync(gzipSync(data))),

  'gzip-broken': ({ res }) => {
    res.writeHead(200, { 'content-encoding': 'gzip', 'content-length': 8 });
    res.end('not gzip');
  },

  'gzip-chunked': ({ res }) => {
    const body = gzipSync(Buffer.from('zipped and chunked '.repeat(500)));
    res.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'text/plain' });
    res.write(body.subarray(0, 20));
    res.end(body.subarray(20));
  },

  binary: ({ res }) => {
    res.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': binary.length });
    res.end(binary);
  },

  slow: ({ res }) => pour(res, 2_000_000),

  // More than the sockets' buffers ever hold: a kernel may give a connection that is read fast tens of megabytes.
  firehose: ({ res, id }) => pour(res, 2_000_000_000, () => moment(`stalled ${id}`).happen()),

  form: ({ res, query }) => {
    if (query.get('type') === 'urlencoded') {
      res.writeHead(200, { 'content-type': 'application/x-www-form-urlencoded' });
      res.end('a=1&b=two+words&a=3');
      return;
    }
    res.writeHead(200, { 'content-type': 'multipart/form-data; boundary=fixed' });
    const part = (head: string, data: string): string =>
      `--fixed\r\nContent-Disposition: form-data; ${head}\r\n\r\n${data}\r\n`;
    res.end(
      `${part('name="text"', 'value')}${part('name="file"; filename="a.txt"', 'content')}--fixed--\r\n`,
    );
  },

  redirect: async ({ res, query, body }) => {
    await body;
    res.writeHead(Number(query.get('code')), { location: query.get('to') ?? '' });
    res.end('moved');
  },

  loop: ({ res, req }) => {
    res.writeHead(302, { location: req.url });
    res.end();
  },

  echo: async ({ res, body, seen, nth }) => {
    const text = (await body).toString('latin1', 0, 600);
    json(res, { ...seen, response: undefined, nth, text });
  },

  mirror: async ({ req, res }) => {
    res.writeHead(200, { 'content-type': req.headers['content-type'] ?? 'application/octet-stream' });
    res.flushHeaders();
    for await (const chunk of req) res.write(chunk);
    res.end();
  },

  hold: () => {},

  'hold-body': async ({ res, query }) => {
    const length = query.get('length');
    res.writeHead(200, length ? { 'content-length': length } : {});
    res.write('first');
  },

  reset: async ({ req, body }) => {
    await body;
    req.socket.resetAndDestroy();
  },

  'reset-body': async (exchange) => {
    exchange.res.writeHead(200, { 'content-type': 'text/plain' });
    await paced(exchange, ['first']);
    exchange.req.socket.resetAndDestroy();
  },

  hangup: async ({ req, body }) => {
    await body;
    req.socket.end();
  },

  short: ({ req }) => {
    req.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n0123456789');
  },

  'short-chunked': ({ req }) => {
    req.socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n');
  },

  malformed: ({ req }) => {
    req.socket.end('HTTP/1.1 200 OK\r\nno colon here\r\n\r\n');
  },

  'until-close': ({ req }) => {
    req.socket.end('HTTP/1.0 200 Fine\r\nContent-Type: text/plain\r\n\r\nthe end is the close');
  },

  'no-reason': ({ req }) => {
    req.socket.end('HTTP/1.1 200 \r\nConnection: close\r\nContent-Length: 2\r\n\r\nok');
  },

  'big-headers': ({ res }) => {
    for (let i = 0; i < 40; i++) res.setHeader(`x-big-${i}`, 'h'.repeat(1000));
    res.end('too much');
  },

  socket: ({ res, req }) => json(res, { socket: sockets.get(req.socket) }),

  flaky: ({ res, nth }) => {
    if (nth < 3) json(res, { nth }, 503);
    else json(res, { nth });
  },

  poll: ({ res, nth }) => json(res, { state: nth < 3 ? 'pending' : 'done', nth }),

  hints: ({ res }) => {
    res.writeProcessing();
    res.writeEarlyHints({ link: ['</a.css>; rel=preload', '</b.js>; rel=preload'], 'x-hint': 'yes' });
    res.writeEarlyHints({ link: '</c.css>; rel=preload' });
    res.end('hinted');
  },

  trailers: ({ res }) => {
    res.writeHead(200, { trailer: 'x-checksum, x-other', 'content-type': 'text/plain' });
    res.write('with ');
    res.addTrailers([
      ['X-Checksum', 'abc'],
      ['x-other', '1'],
      ['x-other', '2'],
    ]);
    res.end('trailers');
  },

  go: async ({ res, id }) => {
    moment(`go ${id}`).happen();
    res.writeHead(204);
    res.end();
  },

  wait: async ({ res, id, query }) => {
    await moment(`${query.get('for')} ${id}`).promise;
    res.writeHead(204);
    res.end();
  },
};

/** Every multipart body has a boundary of its own; a redirected one may even have another than its header says. */
function boundaryless(text: string): string {
  return text.replaceAll(/formdata-undici-\d+/g, 'BOUNDARY');
}

function portless(url: string): string {
  return url.replaceAll(/127\.0\.0\.1(:|%3A)\d+/g, '<host>');
}

function note(req: IncomingMessage, response: SeenRequest['response']): Mutable<SeenRequest> {
  Atomics.add(counter, 0, 1);
  const headers: [string, string][] = [];
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = req.rawHeaders.slice(i, i + 2);
    if (name.toLowerCase() === 'host') headers.push([name, '<host>']);
    else if (name.toLowerCase() === 'sec-websocket-key') headers.push([name, '<key>']);
    else headers.push([name, boundaryless(value)]);
  }
  const seen: Mutable<SeenRequest> = {
    method: req.method ?? '',
    url: portless(req.url ?? ''),
    headers,
    body: 'cut',
    response,
  };
  seenRequests.push(seen);
  return seen;
}

const server = createServer((req, res) => {
  const seen = note(req, 'cut');
  const { pathname, searchParams } = new URL(req.url ?? '/', 'http://base');
  const [, route = '', ...rest] = pathname.split('/');
  const id = rest.join('/');
  const nth = (visits.get(pathname) ?? 0) + 1;
  visits.set(pathname, nth);

  const parts: Buffer[] = [];
  req.on('data', (part: Buffer) => parts.push(part));
  const body = once(req, 'end').then(() => {
    const sent = Buffer.concat(parts);
    const bytes = Buffer.from(boundaryless(sent.toString('latin1')), 'latin1');
    seen.body = { length: sent.length, sha256: sha256(bytes) };
    return bytes;
  });
  body.catch(() => {});
  res.on('close', () => {
    if (res.writableFinished) seen.response = 'finished';
    else moment(`gone ${id}`).happen();
  });
  if (route !== 'wait') moment(`seen ${id}`).happen();

  const handler = Object.hasOwn(routes, route) ? routes[route] : undefined;
  if (!handler) {
    json(res, { error: 'no such route', route }, 404);
    return;
  }
  Promise.resolve(handler({ req, res, id, query: searchParams, body, seen, nth })).catch(() => res.destroy());
});

server.on('connection', (socket) => sockets.set(socket, ++socketCount));
server.keepAliveTimeout = 60_000;

server.on('upgrade', (req: IncomingMessage, socket: Duplex) => {
  note(req, 'tunnel');
  socket.on('error', () => socket.destroy());
  if (req.headers.upgrade?.toLowerCase() === 'websocket') {
    const accept = createHash('sha1')
      .update(`${req.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.write(Buffer.from('\x81\x05hello', 'latin1'));
    socket.once('data', () => socket.end(Buffer.from([0x88, 0x02, 0x03, 0xe8])));
    return;
  }
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: shout\r\nConnection: Upgrade\r\nx-up: yes\r\n\r\n',
  );
  socket.on('data', (data: Buffer) => socket.end(data.toString().toUpperCase()));
});

server.on('connect', (req: IncomingMessage, socket: Duplex) => {
  note(req, 'tunnel');
  socket.on('error', () => socket.destroy());
  socket.write('HTTP/1.1 200 Connection Established\r\nx-tunnel: yes\r\n\r\n');
  socket.on('data', (data: Buffer) => socket.end(`tunnelled ${data}`));
});

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  parentPort?.postMessage({ url: `http://127.0.0.1:${port}` });
});

parentPort?.once('message', () => {
  server.close(() => {
    const key = (seen: SeenRequest): string => `${seen.url} ${seen.method}`;
    parentPort?.postMessage(
      [...seenRequests].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0)),
    );
  });
  server.closeIdleConnections();
});
