import { once } from 'node:events';
import http, { type ClientRequest, get, type RequestOptions, request } from 'node:http';
import https, { get as secureGet } from 'node:https';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { InteractionNotFoundError, withCassette } from '../../../src/index.js';
import { loopback, whole } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { emptyStore, recordedIn, settled } from '../undici/clients.js';
import { tls } from './tls.js';

const test = suite('every way to make a request of node:http');

const answer = whole(({ method, url, headers, body }, response) => {
  response.end([method, url, headers.host ?? 'no host', headers.authorization ?? '-', body].join(' '));
});
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

const { port } = plain;
const securePort = (secure.address() as AddressInfo).port;
const host = '127.0.0.1';
const required = createRequire(import.meta.url)('http') as typeof http;

class OwnRequest extends http.ClientRequest {
  override end(...args: unknown[]): this {
    this.write('of a class of its own');
    return Reflect.apply(super.end, this, args);
  }
}

const ended = (made: ClientRequest) => made.end() as ClientRequest;

const WAYS: Record<string, () => ClientRequest> = {
  'request, imported by name': () => ended(request(`http://${host}:${port}/named`)),
  'get, imported by name': () => get(`http://${host}:${port}/get`),
  'https.get, imported by name': () => secureGet({ host, port: securePort, path: '/secure', ca: tls.ca }),
  'https.request': () => ended(https.request(`https://${host}:${securePort}/secure`, { ca: tls.ca })),
  'https.request with a certificate of the client': () =>
    ended(https.request({ host, port: securePort, path: '/client', ca: tls.ca, ...tls.client })),
  'https.request that checks no certificate': () =>
    ended(https.request(`https://localhost:${securePort}/unchecked`, { rejectUnauthorized: false })),
  'a required module': () => required.get({ host, port, path: '/required' }),
  'new ClientRequest': () => ended(new http.ClientRequest(`http://${host}:${port}/constructed`)),
  'a class of its own': () =>
    new OwnRequest({ host, port, path: '/own', method: 'POST' } as never).end() as ClientRequest,
  'a URL and options': () =>
    ended(http.request(new URL(`http://${host}:${port}/ignored`), { path: '/of-options', method: 'PUT' })),
  'options with hostname and auth': () =>
    http.get({ hostname: 'localhost', host: 'ignored.test', port, path: '/auth', auth: 'ada:secret' }),
  'credentials in the URL': () => http.get(`http://ada:secret@localhost:${port}/auth`),
  'a list of headers': () =>
    http.get({
      host,
      port,
      path: '/list',
      headers: ['Host', 'virtual.test', 'X-A', '1', 'X-A', '2'] as never,
    }),
  'no host header': () =>
    http.get({ host, port, path: '/no-host', setHost: false, headers: { connection: 'close' } }),
  'the path of a proxy': () => http.get({ host, port, path: 'http://other.test/absolute?q=1' }),
  'a path that is not normal': () => http.get({ host, port, path: '/a/../b//c?%7e' }),
  'headers that are set later': () => {
    const made = http.request({ host, port, path: '/later', method: 'POST' });
    made.setHeader('X-Later', 'yes');
    made.removeHeader('x-later');
    return made.end('body') as ClientRequest;
  },
  'a connection of its own': () => {
    const createConnection = (options: never) => createRequire(import.meta.url)('net').connect(options);
    return http.get({ host, port, path: '/connection', createConnection } as unknown as RequestOptions);
  },
  'a connection of its own, given later': () => {
    const createConnection = (options: never, created: (error: null, socket: unknown) => void) => {
      setImmediate(() => created(null, createRequire(import.meta.url)('net').connect(options)));
    };
    return http.get({ host, port, path: '/connection-later', createConnection } as unknown as RequestOptions);
  },
};

async function ask(make: () => ClientRequest): Promise<unknown> {
  const made = make();
  const [response] = await settled(once(made, 'response'), () => 'a request');
  const { agent } = made as ClientRequest & { agent: unknown };
  return [response.statusCode, Buffer.concat(await response.toArray()).toString(), agent?.constructor.name];
}

for (const [title, make] of Object.entries(WAYS)) {
  test(`${title}: live, recorded and replayed alike`, async () => {
    const expected = await ask(make);
    const store = emptyStore();
    const scope = { store, redact: false } as const;
    assert.equal(await withCassette({ ...scope, mode: 'record' }, () => ask(make)), expected, 'record');
    assert.is((await recordedIn(store)).length, 1);
    const before = connections;
    assert.equal(await withCassette({ ...scope, mode: 'replay' }, () => ask(make)), expected, 'replay');
    assert.is(connections, before, 'replay has connected');
    assert.equal(
      await withCassette({ store: emptyStore(), mode: 'auto', redact: false }, () => ask(make)),
      expected,
      'auto',
    );
  });
}

test('the target is what was asked for, whatever the way', async () => {
  const store = emptyStore();
  await withCassette({ store, mode: 'record' }, async () => {
    for (const [title, make] of Object.entries(WAYS)) {
      await ask(make).catch((error: unknown) => assert.unreachable(`${title}: ${error}`));
    }
  });
  const targets = (await recordedIn(store)).map(({ request: { target } }) => target);
  assert.ok(targets.includes(`http://${host}:${port}/named`), targets.join('\n'));
  assert.ok(targets.includes(`https://localhost:${securePort}/unchecked`));
  assert.ok(targets.includes('http://other.test/absolute?q=1'));
  assert.ok(targets.includes(`http://${host}:${port}/a/../b//c?%7e`));
});

test('what node refuses is refused in its words, in every mode', async () => {
  const wrong: (() => unknown)[] = [
    () => http.request('https://localhost/'),
    () => http.request({ path: '/with space' }),
    () => http.request({ method: 'NOT VALID' }),
    () => http.request({ agent: {} as never }),
    () => http.request({ headers: { 'x-a': undefined } as never }),
    () => http.request('not a URL'),
  ];
  const said = () =>
    wrong.map((make) => {
      try {
        make();
        return 'nothing';
      } catch (error) {
        const { name, code, message } = error as NodeJS.ErrnoException;
        return [name, code, message];
      }
    });
  const expected = said();
  assert.not.ok(expected.includes('nothing'));
  for (const mode of ['record', 'auto', 'replay'] as const) {
    assert.equal(await withCassette({ store: emptyStore(), mode }, said), expected, mode);
  }
});

test('a MISS is the error of the request, and nothing else', async () => {
  await withCassette({ store: emptyStore(), mode: 'replay' }, async () => {
    for (const [title, make] of Object.entries(WAYS)) {
      const made = make();
      made.on('response', () => assert.unreachable(title));
      const [error] = await once(made, 'error');
      assert.instance(error, InteractionNotFoundError);
      await once(made, 'close');
    }
  });
});

test.run();
