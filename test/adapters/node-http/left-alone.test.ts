import { once } from 'node:events';
import http, { type ClientRequest } from 'node:http';
import { connect } from 'node:net';
import * as assert from 'uvu/assert';
import {
  type BrokerMode,
  InteractionNotFoundError,
  installInterposition,
  RequestOutsideScopeError,
  UpgradeNotRecordedError,
  withCassette,
} from '../../../src/index.js';
import { loopback, whole } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { stderrDuring } from '../../support/ways-in.js';
import { emptyStore, recordedIn, settled } from '../undici/clients.js';

const test = suite('what is left alone of node:http');

const server = await loopback(whole(({ body }, response) => response.end(`live ${body}`)));
for (const [event, status] of [
  ['upgrade', '101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo'],
  ['connect', '200 Connected'],
] as const) {
  server.server.on(event, (_, socket) => {
    socket.on('error', () => {});
    socket.write(`HTTP/1.1 ${status}\r\n\r\n`);
    socket.pipe(socket);
  });
}
test.after(() => server.close());

const MODES: readonly BrokerMode[] = ['record', 'auto', 'replay'];

async function textOf(request: ClientRequest): Promise<string> {
  const [response] = await settled(once(request, 'response'), () => 'a request');
  return Buffer.concat(await response.toArray()).toString();
}

const ask = (more: http.RequestOptions = {}) => textOf(http.get(server.url, more));

test('the module stays as it is, with an installation and after it', async () => {
  const { request, get, ClientRequest, Agent, globalAgent } = http;
  const keys = Reflect.ownKeys(ClientRequest.prototype);
  const same = () => {
    const own = { request, get, ClientRequest, Agent, globalAgent };
    for (const [name, value] of Object.entries(own)) {
      assert.is(Reflect.get(http, name), value, name);
    }
  };
  const installed = await installInterposition('record', { store: emptyStore() });
  same();
  await installed.uninstall();
  same();
  const after = Reflect.ownKeys(ClientRequest.prototype);
  assert.equal(
    after.filter((key) => key !== 'agent'),
    keys.filter((key) => key !== 'agent'),
  );
});

test('a request shows no more than it did', async () => {
  const shown = async () => {
    const request = http.get(server.url);
    const [response] = await once(request, 'response');
    await response.toArray();
    return [
      Object.keys(request).sort(),
      Object.keys(response).sort(),
      request instanceof http.ClientRequest,
      (request as ClientRequest & { agent: unknown }).agent === http.globalAgent,
    ];
  };
  const expected = await shown();
  const store = emptyStore();
  for (const mode of MODES) {
    assert.equal(await withCassette({ store, mode }, shown), expected, mode);
  }
});

test('outside every scope a request is live, in every mode of a scope that is open', async () => {
  for (const mode of MODES) {
    const store = emptyStore();
    let leave = () => {};
    const inside = withCassette(
      { store, mode },
      () =>
        new Promise<void>((resolve) => {
          leave = resolve;
        }),
    );
    assert.is(await ask(), 'live ');
    leave();
    await inside;
    assert.is((await recordedIn(store)).length, 0);
  }
});

test('parallel scopes do not see each other', async () => {
  const stores = [emptyStore(), emptyStore()] as const;
  const send = (body: string) => textOf(http.request(server.url, { method: 'POST' }).end(body));
  const texts = await Promise.all(
    stores.map((store, n) =>
      withCassette({ store, mode: 'record' }, () => Promise.all([send(`${n}a`), send(`${n}b`)])),
    ),
  );
  assert.equal(texts, [
    ['live 0a', 'live 0b'],
    ['live 1a', 'live 1b'],
  ]);
  for (const [n, store] of stores.entries()) {
    const bodies = (await recordedIn(store)).map(({ request }) => String(Buffer.from(request.body)));
    assert.equal(bodies.sort(), [`${n}a`, `${n}b`]);
  }
});

test('a scope holds for what is asked in the handler of a response', async () => {
  const program = () =>
    new Promise<string[]>((resolve, reject) => {
      const fail = (error: Error) => reject(error);
      http
        .get(server.url, (response) => {
          response.resume().on('end', () => {
            http
              .request(server.url, { method: 'POST' }, async (second) => {
                resolve([String(response.statusCode), String(Buffer.concat(await second.toArray()))]);
              })
              .on('error', fail)
              .end('second');
          });
        })
        .on('error', fail);
    });
  const store = emptyStore();
  for (const mode of ['record', 'replay'] as const) {
    assert.equal(await withCassette({ store, mode }, program), ['200', 'live second'], mode);
  }
  assert.is((await recordedIn(store)).length, 2);
});

test('a server of the same process is not disturbed', async () => {
  const own = await loopback((request, response) => {
    request.resume();
    response.writeHead(200, 'Served', { 'X-Own': 'yes' }).end(`${request.method} ${request.url}`);
  });
  const installed = await installInterposition('replay', { store: emptyStore() });
  const socket = connect(own.port, '127.0.0.1').end(
    'GET /raw HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
  );
  const answer = String(Buffer.concat(await socket.toArray()));
  assert.match(answer, /^HTTP\/1.1 200 Served\r\nX-Own: yes\r\n/);
  assert.match(answer, /GET \/raw/);
  await installed.uninstall();
  await own.close();
});

test('with nodeHttp: false requests are live in every mode, and one line says so', async () => {
  const stderr = await stderrDuring(async () => {
    for (const mode of MODES) {
      const store = emptyStore();
      assert.is(await withCassette({ store, mode, nodeHttp: false }, () => ask()), 'live ', mode);
      assert.is((await recordedIn(store)).length, 0);
    }
  });
  const notices = stderr.split('\n').filter((line) => /node:http/.test(line));
  assert.is(notices.length, 1, stderr);
  assert.match(notices[0] ?? '', 'neither recorded nor replayed');
});

test('with outside: error a request outside every scope is stopped, and one inside is answered', async () => {
  const installed = await installInterposition('record', { outside: 'error' });
  const before = server.count();
  const [error] = await once(http.get(server.url), 'error');
  assert.instance(error, RequestOutsideScopeError);
  assert.is(server.count(), before);
  assert.is(await withCassette({ store: emptyStore(), mode: 'record' }, () => ask()), 'live ');
  await installed.uninstall();
});

test('after uninstall a request is live', async () => {
  const installed = await installInterposition('replay', { store: emptyStore() });
  const [error] = await once(http.get(server.url), 'error');
  assert.instance(error, InteractionNotFoundError);
  await installed.uninstall();
  assert.is(await ask(), 'live ');
});

for (const [title, options, event] of [
  ['an upgrade', { headers: { connection: 'upgrade', upgrade: 'echo' } }, 'upgrade'],
  ['CONNECT', { method: 'CONNECT', path: 'other.test:443' }, 'connect'],
] as const) {
  test(`${title} passes in record and auto, and is an error in replay`, async () => {
    for (const mode of ['record', 'auto'] as const) {
      const store = emptyStore();
      await withCassette({ store, mode }, async () => {
        const request = http.request(server.url, options).end();
        const [, socket] = await settled(once(request, event), () => title);
        socket.write('ping');
        assert.is(String((await once(socket, 'data'))[0]), 'ping');
        socket.destroy();
      });
      assert.is((await recordedIn(store)).length, 0, mode);
    }
    const before = server.count();
    await withCassette({ store: emptyStore(), mode: 'replay' }, async () => {
      const [error] = await once(http.request(server.url, options).end(), 'error');
      assert.instance(error, UpgradeNotRecordedError);
      assert.match(error.message, title === 'CONNECT' ? ' http://other.test:443 ' : ` ${server.url}/ `);
    });
    assert.is(server.count(), before);
  });
}

test('an upgrade that is asked for by setHeader is met as well', async () => {
  for (const mode of MODES) {
    const store = emptyStore();
    await withCassette({ store, mode }, async () => {
      const request = http.request(server.url);
      request.setHeader('connection', 'upgrade');
      request.setHeader('upgrade', 'echo');
      request.end();
      if (mode === 'replay') {
        assert.instance((await once(request, 'error'))[0], UpgradeNotRecordedError);
      } else {
        const [, socket] = await settled(once(request, 'upgrade'), () => mode);
        socket.destroy();
      }
    });
    assert.is((await recordedIn(store)).length, 0, mode);
  }
});

test('another library’s answer in the place of a request is its own', async () => {
  // As tools do that put a request of their own in the place of node's.
  const { get } = http;
  const mocked = {};
  http.get = (() => mocked) as never;
  try {
    await withCassette({ store: emptyStore(), mode: 'replay' }, () => {
      assert.is(http.get(server.url), mocked);
    });
  } finally {
    http.get = get;
  }
});

test.run();
