import * as assert from 'uvu/assert';
import { installInterposition, interpose, withCassette } from '../../../src/index.js';
import { loopback, proxyServer, socksServer, whole } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { stderrDuring } from '../../support/ways-in.js';
import {
  copies,
  emptyStore,
  nodeMajor,
  recordedIn,
  rejection,
  settled,
  type Undici,
  WHY_SKIPPED,
} from './clients.js';
import { newCassette, runProgram } from './programs.js';

const test = suite('programs’ own dispatchers');

type Dispatcher = InstanceType<Undici['Agent']>;

/** An API that fails every other time at `/flaky`, and proxies to it. */
async function servers() {
  let tries = 0;
  const [api, proxy, socks] = await Promise.all([
    loopback(
      whole(({ method, url, headers, body }, response) => {
        if (url === '/flaky' && tries++ % 2 === 0) {
          response.writeHead(503, { 'retry-after': '0' }).end('not yet');
          return;
        }
        response.setHeader('x-kept', 'kept').end(`${method} ${url} ${body} ${headers['x-tag'] ?? ''}`);
      }),
    ),
    proxyServer(),
    socksServer(),
  ]);
  return {
    api,
    addresses: JSON.stringify({ url: api.url, proxy: proxy.url, socks: socks.url }),
    reached: () => api.count() + proxy.count(),
    async close() {
      await Promise.all([api.close(), proxy.close(), socks.close()]);
    },
  };
}

const programs: readonly (readonly [program: string, copy: string])[] = [
  ['own-dispatchers.mjs', 'undici6'],
  ['own-dispatchers.cjs', 'undici6'],
  ['own-dispatchers.mjs', 'undici'],
  ['own-dispatchers.cjs', 'undici'],
  ['own-dispatchers.mjs', 'undici8'],
  ['own-dispatchers.cjs', 'undici8'],
];

for (const [program, copy] of programs) {
  test.skipUnless(nodeMajor >= 22 || copy !== 'undici8', WHY_SKIPPED)(
    `${program}, ${copy}: every kind of dispatcher is as without the library, each request brokered once`,
    async () => {
      const live = await servers();
      const without = await runProgram(program, [copy, live.addresses]);
      await live.close();
      const base = (printed: unknown, { api }: typeof live) =>
        JSON.parse(JSON.stringify(printed).replaceAll(String(api.port), 'port')) as Record<string, unknown>;
      const expected = base(without.printed, live);
      assert.ok(Object.keys(expected).length > 100, JSON.stringify(without.printed));

      const recording = await servers();
      const cassette = newCassette();
      const args = [copy, recording.addresses];
      const debug = { NODE_DEBUG: 'interposition' };
      const recorded = await runProgram(program, args, { mode: 'record', cassette }, debug);
      assert.equal(base(recorded.printed, recording), expected, recorded.stderr);
      assert.is(recorded.stderr.match(/: MISS /g)?.length, recording.api.count());
      assert.not.match(recorded.stderr, /not brokered|unrecorded/);

      const before = recording.reached();
      const replayed = await runProgram(program, args, { mode: 'replay', cassette });
      assert.equal(base(replayed.printed, recording), expected, replayed.stderr);
      assert.is(replayed.stderr, '');
      assert.is(recording.reached(), before, 'replay reached the network');
      await recording.close();
    },
  );
}

for (const { name, undici } of copies) {
  const check = test.skipUnless(undici !== undefined, WHY_SKIPPED);
  const u = undici as Undici;
  const request = (url: string, dispatcher: unknown, options: object = {}) =>
    u.request(url, { ...options, dispatcher } as never);
  const textAt = async (url: string, dispatcher: unknown) =>
    (await settled(request(url, dispatcher), () => url)).body.text();

  check(
    `${name}, loaded before the installation: brokered from the first request, and not after it`,
    async () => {
      const api = await loopback((request, response) => response.end(request.url));
      const store = emptyStore();
      const { dispatch } = u.Agent.prototype;
      const agent = new u.Agent();
      const interposition = await installInterposition('record', { store });
      assert.is(await textAt(`${api.url}/1`, agent), '/1');
      await interposition.uninstall();
      assert.is(u.Agent.prototype.dispatch, dispatch);
      assert.not.ok(Object.hasOwn(agent, 'dispatch'));
      assert.is(await textAt(`${api.url}/2`, agent), '/2');
      await agent.close();
      await api.close();
      assert.equal(
        (await recordedIn(store)).map(({ request }) => request.target),
        [`${api.url}/1`],
      );
    },
  );

  check(`${name}: a closed client and a destroyed one refuse in their own words, in replay too`, async () => {
    const api = await loopback((_, response) => response.end('answered'));
    const store = emptyStore();
    const ask = async () => {
      const [closed, destroyed] = [new u.Client(api.url), new u.Pool(api.url)];
      await Promise.all([closed.close(), destroyed.destroy()]);
      const errors = [
        await rejection(closed.request({ path: '/', method: 'GET' })),
        await rejection(destroyed.request({ path: '/', method: 'GET' })),
      ];
      return errors.map(({ name: error, code, message }) => [error, code, message]);
    };
    const recording = await installInterposition('record', { store });
    const client = new u.Client(api.url);
    await (await client.request({ path: '/', method: 'GET' })).body.text();
    await client.close();
    await recording.uninstall();
    await api.close();
    const without = await ask();
    const replaying = await installInterposition('replay', { store });
    assert.equal(await ask(), without);
    await replaying.uninstall();
  });

  check(
    `${name}: a failure of a client’s own has the class of this copy, recorded and replayed`,
    async () => {
      const api = await loopback((request) => request.socket.destroy());
      const store = emptyStore();
      const ask = async () => {
        const client = new u.Client(api.url);
        const error = await rejection(client.request({ path: '/', method: 'GET' }));
        await client.destroy();
        return [error instanceof u.errors.SocketError, error.name, error.code, error.message];
      };
      const live = await ask();
      assert.is(live[0], true);
      for (const mode of ['record', 'replay'] as const) {
        const interposition = await installInterposition(mode, { store, recordFailures: true });
        assert.equal(await ask(), live, mode);
        await interposition.uninstall();
      }
      assert.is(api.count(), 2);
      await api.close();
    },
  );

  check(
    `${name}: connect() and upgrade() of a client pass while recording, and are an error in replay`,
    async () => {
      const api = await loopback((_, response) => response.end());
      api.server.on('connect', (_, socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
      api.server.on('upgrade', (_, socket) =>
        socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n'),
      );
      const store = emptyStore();
      const asks = [
        (client: Dispatcher) => client.connect({ path: 'elsewhere.test:80' } as never),
        (client: Dispatcher) => client.upgrade({ path: '/', protocol: 'echo' } as never),
      ];
      for (const ask of asks) {
        const recording = await installInterposition('record', { store });
        const client = new u.Client(api.url) as unknown as Dispatcher;
        const { socket } = await settled(ask(client), () => 'an upgrade');
        socket.on('error', () => {}).destroy();
        await client.destroy();
        await recording.uninstall();

        const before = api.count();
        const replaying = await installInterposition('replay', { store });
        const again = new u.Client(api.url) as unknown as Dispatcher;
        assert.is((await rejection(ask(again))).code, 'ERR_UPGRADE_NOT_RECORDED');
        await again.close();
        await replaying.uninstall();
        assert.is(api.count(), before);
      }
      await api.close();
    },
  );

  check(`${name}: what passes through a ProxyAgent in replay may make its tunnel`, async () => {
    const [api, proxy] = await Promise.all([loopback((_, response) => response.end('live')), proxyServer()]);
    const agent = new u.ProxyAgent(proxy.url);
    const interposition = await installInterposition('replay', {
      store: emptyStore(),
      passthrough: api.url,
    });
    assert.is(await textAt(`${api.url}/`, agent), 'live');
    assert.is((await rejection(request('http://elsewhere.test/', agent))).code, 'ERR_INTERACTION_NOT_FOUND');
    await interposition.uninstall();
    await agent.close();
    await Promise.all([api.close(), proxy.close()]);
  });

  check(
    `${name}: a mock that is an own dispatcher answers for itself; what it lets through is brokered`,
    async () => {
      const api = await loopback((_, response) => response.end('live'));
      const store = emptyStore();
      const ask = async () => {
        const mock = new u.MockAgent();
        mock.get(api.url).intercept({ path: '/mocked' }).reply(200, 'mocked');
        mock.enableNetConnect();
        const answers = [
          await textAt(`${api.url}/mocked`, mock),
          await textAt(`${api.url}/let-through`, mock),
          await textAt(`${api.url.replace('127.0.0.1', 'localhost')}/let-through`, mock),
        ];
        mock.disableNetConnect();
        const refused = await rejection(request(`${api.url}/refused`, mock));
        await mock.close();
        return [...answers, refused.code];
      };
      const expected = ['mocked', 'live', 'live', 'UND_MOCK_ERR_MOCK_NOT_MATCHED'];
      const recording = await installInterposition('record', { store });
      assert.equal(await ask(), expected);
      assert.is(recording.report().misses, 2);
      await recording.uninstall();
      const before = api.count();
      const replaying = await installInterposition('replay', { store });
      assert.equal(await ask(), expected);
      await replaying.uninstall();
      assert.is(api.count(), before);
      await api.close();
    },
  );

  check(`${name}, global: what its installation’s Broker is asked directly is recorded once`, async () => {
    const api = await loopback((_, response) => response.end('live'));
    const before = u.getGlobalDispatcher();
    const agent = new u.Agent();
    u.setGlobalDispatcher(agent);
    const store = emptyStore();
    let misses = 0;
    const warned = await stderrDuring(async () => {
      const interposition = await installInterposition('record', { store });
      const target = `${api.url}/`;
      const asked = { protocol: 'http', action: 'GET', target, headers: [], body: new Uint8Array() };
      for await (const _chunk of interposition.broker.replay(asked)) {
        // To its end.
      }
      misses = interposition.report().misses;
      await interposition.uninstall();
    });
    u.setGlobalDispatcher(before);
    await agent.close();
    await api.close();
    assert.is(misses, 1);
    assert.is(warned, '');
    assert.is((await recordedIn(store)).length, 1);
  });

  check(`${name}: interceptors run in replay, too; inside of interpose() they do not`, async () => {
    const api = await loopback((_, response) => response.end('answered'));
    const store = emptyStore();
    const named = api.url.replace('127.0.0.1', 'named.test');
    const ask = async (mode: 'record' | 'replay', isInside: boolean) => {
      let lookups = 0;
      let seen = 0;
      const lookup = (_name: unknown, _options: unknown, done: (error: null, found: object[]) => void) => {
        lookups++;
        done(null, [{ address: '127.0.0.1', family: 4, ttl: 1000 }]);
      };
      const counting = (dispatch: (options: never, handler: never) => boolean) => {
        return (options: never, handler: never) => {
          seen++;
          return dispatch(options, handler);
        };
      };
      const dns = u.interceptors.dns({ lookup } as never);
      const interposition = await installInterposition(mode, { store });
      const outermost = isInside ? [interpose(interposition) as never] : [];
      const agent = new u.Agent();
      const text = await textAt(`${named}/`, agent.compose(dns, counting as never, ...outermost));
      await agent.close();
      await interposition.uninstall();
      return { text, lookups, seen };
    };
    const text = 'answered';
    assert.equal(await ask('record', false), { text, lookups: 1, seen: 1 });
    assert.equal(await ask('replay', false), { text, lookups: 1, seen: 1 });
    assert.equal(await ask('record', true), { text, lookups: 1, seen: 1 });
    assert.equal(await ask('replay', true), { text, lookups: 0, seen: 0 });
    await api.close();
    assert.equal(
      (await recordedIn(store)).map(({ request }) => request.target).sort(),
      [`${api.url}/`, `${named}/`].sort(),
    );
  });

  check(
    `${name}: a request that was made outside every scope stays so when its pool comes to it in one`,
    async () => {
      const asked: (() => void)[] = [];
      const answerAll = () => {
        for (const answer of asked.splice(0)) {
          answer();
        }
      };
      const api = await loopback((request, response) => {
        asked.push(() => response.end(request.url));
        if (request.url !== '/first') {
          answerAll();
        }
      });
      const store = emptyStore();
      const pool = new u.Pool(api.url, { connections: 1 });
      const textOf = async (path: string) => (await pool.request({ path, method: 'GET' })).body.text();
      let first: Promise<string> | undefined;
      const go = { now: () => {} };
      const scope = withCassette({ store, mode: 'record' }, async () => {
        first = textOf('/first');
        await new Promise<void>((resolve) => {
          go.now = resolve;
        });
        answerAll();
        return first;
      });
      while (asked.length === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      const outside = textOf('/outside');
      go.now();
      assert.is(await settled(scope, () => 'the scope'), '/first');
      assert.is(await settled(outside, () => 'the request outside'), '/outside');
      await pool.close();
      await api.close();
      assert.equal(
        (await recordedIn(store)).map(({ request }) => request.target),
        [`${api.url}/first`],
      );
    },
  );
}

test('undici 6: a redirect that its own Agent follows is inside, and is one exchange', async () => {
  const u = copies[0]?.undici as Undici;
  const api = await loopback((request, response) =>
    request.url === '/end' ? response.end('the end') : response.writeHead(302, { location: '/end' }).end(),
  );
  const store = emptyStore();
  const ask = async (mode: 'record' | 'replay') => {
    const interposition = await installInterposition(mode, { store });
    const dispatcher = new u.Agent({ maxRedirections: 2 } as never);
    const { body } = await u.request(`${api.url}/begin`, { dispatcher });
    const text = await body.text();
    await dispatcher.close();
    await interposition.uninstall();
    return text;
  };
  assert.is(await ask('record'), 'the end');
  assert.is(api.count(), 2);
  await api.close();
  assert.is(await ask('replay'), 'the end');
  assert.is((await recordedIn(store)).length, 1);
});

test('what a SnapshotAgent of undici 7 records with is brokered, what it plays back is its own', async () => {
  const u = copies[1]?.undici as Undici & { SnapshotAgent: new (options: object) => Dispatcher };
  const api = await loopback((_, response) => response.end('live'));
  const store = emptyStore();
  const interposition = await installInterposition('record', { store });
  const agent = new u.SnapshotAgent({ mode: 'record', snapshotPath: `${newCassette()}.snapshot` });
  const { body } = await u.request(`${api.url}/`, { dispatcher: agent } as never);
  assert.is(await body.text(), 'live');
  await agent.close();
  await interposition.uninstall();
  await api.close();
  assert.is((await recordedIn(store)).length, 1);
});

test.skipUnless(nodeMajor >= 22, WHY_SKIPPED)(
  'undici 8: a handler of the older protocol is refused as it is without the library, in replay too',
  async () => {
    const u = copies[2]?.undici as Undici;
    const api = await loopback((_, response) => response.end());
    const ask = async () => {
      const agent = new u.Agent();
      try {
        agent.dispatch({ origin: api.url, path: '/', method: 'GET' }, {
          onConnect() {},
          onError(error: Error) {
            throw error;
          },
          onHeaders: () => true,
          onData: () => true,
          onComplete() {},
        } as never);
        return 'nothing thrown';
      } catch (error) {
        return (error as Error).message;
      } finally {
        await agent.close();
      }
    };
    const without = await ask();
    assert.match(without, /invalid/);
    for (const mode of ['record', 'replay'] as const) {
      const interposition = await installInterposition(mode, { store: emptyStore() });
      assert.is(await ask(), without, mode);
      await interposition.uninstall();
    }
    await api.close();
  },
);

test.run();
