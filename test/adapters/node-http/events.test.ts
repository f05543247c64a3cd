import { once } from 'node:events';
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import * as assert from 'uvu/assert';
import { type BrokerMode, installInterposition } from '../../../src/index.js';
import { bodyOf, loopback } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { emptyStore, settled } from '../undici/clients.js';
import { tls } from './tls.js';

const test = suite('what a request of node:http tells, and in which order');

/** What a server still has to say, each when the program has read what came before. */
let unsaid: (() => unknown)[] = [];

function answer(request: IncomingMessage, response: http.ServerResponse): void {
  switch (request.url) {
    case '/chunks':
      response.writeHead(200, { 'X-Kept': 'case' }).write('one');
      unsaid = ['two', 'three'].map((chunk) => () => response.write(chunk));
      unsaid.push(() => response.end());
      break;
    case '/chunks-at-once':
      response.writeHead(200).write('one');
      response.end('two');
      break;
    case '/part':
      response.write('part');
      break;
    case '/never':
      break;
    case '/redirect':
      response.writeHead(302, { location: '/chunks' }).end('moved');
      break;
    case '/hints':
      response.writeProcessing();
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.end('hinted');
      break;
    case '/204':
      response.writeHead(204).end();
      break;
    case '/hang-up':
      response.socket?.destroy();
      break;
    case '/cut':
      response.writeHead(200, { 'content-length': 10 }).write('part');
      setTimeout(() => response.socket?.end(), 20);
      break;
    case '/malformed':
      response.socket?.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n');
      setTimeout(() => response.socket?.end('not a length\r\n'), 20);
      break;
    default:
      bodyOf(request).then(
        (body) => response.end(`${request.method} ${body}`),
        () => {},
      );
  }
}

const plain = await loopback(answer);
const secure = https.createServer(tls.server, answer).listen(0, '127.0.0.1');
await once(secure, 'listening');
let connections = 0;
for (const server of [plain.server, secure]) {
  server.on('connection', () => connections++);
}
test.after(async () => {
  await plain.close();
  secure.closeAllConnections();
  secure.close();
});

type Log = (...entry: unknown[]) => void;

/** What a program does with a request that was made for it, and with what is answered. */
interface Program {
  readonly path: string;
  readonly options?: https.RequestOptions;
  /** Sends the request; `end()` where left out. */
  send?(request: ClientRequest, log: Log): void;
  /** Reads the response; to its end where left out. Null: the program does not listen for one. */
  read?: ((response: IncomingMessage, request: ClientRequest, log: Log) => void) | null;
  /** In `auto` the body is read before the request has a connection, so what tells of it comes in another order. */
  readonly isRead?: boolean;
}

const readAll: NonNullable<Program['read']> = (response, _request, log) => {
  response.on('data', (chunk) => log('response data', String(chunk)));
};

const PROGRAMS: Record<string, Program> = {
  'a body in chunks': { path: '/chunks' },
  'interim responses': { path: '/hints' },
  'a response without a body': { path: '/204' },
  HEAD: { path: '/chunks-at-once', options: { method: 'HEAD' } },
  'a redirect that is read': { path: '/redirect' },
  'a redirect that is thrown away': { path: '/redirect', read: (response) => void response.destroy() },
  'writes with callbacks': {
    isRead: true,
    path: '/echo',
    options: { method: 'POST' },
    send(request, log) {
      request.write('a', () => {
        log('written a');
        request.write('b', 'utf8', () => {
          log('written b');
          request.end('c', () => log('ended'));
        });
      });
    },
  },
  'a body that waits for 100 Continue': {
    isRead: true,
    path: '/echo',
    options: { method: 'PUT', headers: { expect: '100-continue' } },
    send: (request) => void request.on('continue', () => request.end('after continue')),
  },
  'headers first, the end later': {
    path: '/echo',
    options: { method: 'POST' },
    send(request) {
      request.flushHeaders();
      setTimeout(() => request.end('late'), 20);
    },
  },
  'a response that nobody listens for': { path: '/chunks-at-once', read: null },
  'readable and read()': {
    path: '/chunks',
    read(response, _request, log) {
      response.on('readable', () => {
        for (let chunk = response.read(); chunk !== null; chunk = response.read()) {
          log('response read', String(chunk));
        }
      });
    },
  },
  'an abort() in the body': {
    path: '/part',
    read: (response, request) => void response.on('data', () => request.abort()),
  },
  'a destroy(error) in the body': {
    path: '/part',
    read: (response, request) => void response.on('data', () => request.destroy(new Error('mine'))),
  },
  'a destroy of the response in its body': {
    path: '/part',
    read: (response) => void response.on('data', () => response.destroy(new Error('mine'))),
  },
  'a destroy in the same tick': { path: '/chunks', send: (request) => void request.end().destroy() },
  'a destroy(error) in the same tick': {
    path: '/chunks',
    send: (request) => void request.end().destroy(new Error('mine')),
  },
  'a destroy before the end': {
    isRead: true,
    path: '/echo',
    options: { method: 'POST' },
    send(request) {
      request.write('begun');
      setTimeout(() => request.destroy(), 150);
    },
  },
  'a timeout': {
    path: '/never',
    options: { timeout: 80 },
    send: (request) => void request.on('timeout', () => request.destroy(new Error('too late'))).end(),
  },
  'a timeout while the body is written': {
    isRead: true,
    path: '/echo',
    options: { method: 'POST', timeout: 80 },
    send: (request) =>
      void request.on('timeout', () => request.destroy(new Error('too late'))).write('begun'),
  },
  'setTimeout() while the body is written': {
    isRead: true,
    path: '/echo',
    options: { method: 'POST' },
    send: (request) =>
      void request.setTimeout(80, () => request.destroy(new Error('too late'))).write('begun'),
  },
  'setTimeout(), in the body': {
    path: '/part',
    send: (request) => void request.setTimeout(80, () => request.destroy()).end(),
  },
  'a response timeout': {
    path: '/part',
    read: (response) => void response.setTimeout(80, () => response.destroy()),
  },
  'a signal': {
    path: '/never',
    get options() {
      return { signal: AbortSignal.timeout(80) };
    },
  },
  'a hang-up': { path: '/hang-up' },
  'a connection that ends too soon': { path: '/cut' },
  'a malformed chunk': { path: '/malformed' },
};

const REQUEST_EVENTS = ['socket', 'finish', 'continue', 'timeout', 'abort', 'close'];
const RESPONSE_EVENTS = ['end', 'aborted', 'timeout', 'close'];

/** Runs a program, and tells all that its request and response said. */
function run(program: Program, client: typeof http | typeof https, url: string, more: https.RequestOptions) {
  const { path, options, send = (request) => void request.end(), read = readAll } = program;
  const events: unknown[] = [];
  const log: Log = (...entry) => {
    events.push(entry.length === 1 ? entry[0] : entry);
    if (/^response (data|read)/.test(String(entry[0]))) {
      unsaid.shift()?.();
    }
  };
  const told = ({ name, message, code }: Error & { code?: unknown }) => [name, message, code];
  return new Promise<unknown>((resolve) => {
    const request = client.request(`${url}${path}`, { agent: false, ...more, ...options });
    for (const event of REQUEST_EVENTS) {
      request.on(event, () => log(`request ${event}`));
    }
    request.on('socket', (socket) => {
      log(`socket is ${socket.connecting ? 'connecting' : 'connected'}`);
      for (const event of ['connect', 'secureConnect']) {
        socket.once(event, () => log(`socket ${event}`));
      }
    });
    request.on('information', ({ statusCode, statusMessage, rawHeaders, httpVersion }) =>
      log('request information', statusCode, statusMessage, rawHeaders, httpVersion),
    );
    request.on('error', (error) => log('request error', ...told(error)));
    let isOver = () => request.destroyed;
    if (read !== null) {
      request.on('response', (response) => {
        log(
          'request response',
          response.statusCode,
          response.rawHeaders.filter((part) => !/GMT/.test(part)),
        );
        for (const event of RESPONSE_EVENTS) {
          response.on(event, () => log(`response ${event}`));
        }
        response.on('error', (error) => log('response error', ...told(error)));
        isOver = () => request.destroyed && (response as { closed?: boolean }).closed === true;
        read(response, request, log);
      });
    }
    request.on('close', () => {
      const look = (turns: number) => {
        if (isOver() && turns === 0) {
          const { destroyed, aborted, reusedSocket, writableEnded, writableFinished, agent } =
            request as ClientRequest & { agent: unknown };
          resolve({
            events,
            destroyed,
            aborted,
            reusedSocket,
            writableEnded,
            writableFinished,
            agent: agent?.constructor.name,
          });
        } else {
          setTimeout(look, 2, Math.max(0, turns - 1));
        }
      };
      look(5);
    });
    send(request, log);
  });
}

/** What was answered. */
function endOf(told: unknown): unknown[] {
  const { events } = told as { events: readonly unknown[] };
  return events.filter((event) =>
    /^(response|request (response|error|close))/.test([event].flat()[0] as string),
  );
}

const clients = [
  ['http', http, plain.url, {}],
  ['https', https, `https://127.0.0.1:${(secure.address() as { port: number }).port}`, { ca: tls.ca }],
] as const;

async function inMode(mode: BrokerMode, store: ReturnType<typeof emptyStore>, work: () => Promise<unknown>) {
  const options = { store, redact: false, recordFailures: true } as const;
  const interposition = await installInterposition(mode, options);
  try {
    return await work();
  } finally {
    await interposition.uninstall();
  }
}

/**
 * Over TLS it is a matter of microseconds, live too, whether Node hears that a request was written before its answer comes
 * or after it. Here it always hears it before.
 */
function withoutRace(told: unknown): unknown {
  const { events, ...rest } = told as { events: readonly unknown[] };
  const finish = events.indexOf('request finish');
  const response = events.findIndex((event) => [event].flat()[0] === 'request response');
  const moved = events.toSpliced(finish, 1).toSpliced(response, 0, 'request finish');
  return { ...rest, events: response >= 0 && finish > response ? moved : events };
}

for (const [title, program] of Object.entries(PROGRAMS)) {
  for (const [name, client, url, more] of clients) {
    test(`${name}, ${title}: live, recorded and replayed alike`, async () => {
      const work = async () => {
        const told = await settled(run(program, client, url, more), () => title);
        return client === https ? withoutRace(told) : told;
      };
      const expected = await work();
      const store = emptyStore();
      assert.equal(await inMode('record', store, work), expected, 'record');
      const auto = await inMode('auto', emptyStore(), work);
      if (program.isRead) {
        assert.equal(endOf(auto), endOf(expected), 'auto');
      } else {
        assert.equal(auto, expected, 'auto');
      }
      const before = connections;
      if (/same tick/.test(title)) {
        return;
      }
      assert.equal(await inMode('replay', store, work), expected, 'replay');
      assert.is(connections, before, 'replay has connected');
    });
  }
}

test.run();
