import * as assert from 'uvu/assert';
import { Broker, Cassette, installInterposition, interpose } from '../../../src/index.js';
import { type Loopback, loopback, proxyServer } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import {
  brokerOn,
  copies,
  emptyStore,
  type Fetch,
  plain,
  recordedIn,
  rejection,
  settled,
  type Undici,
  WHY_SKIPPED,
} from './clients.js';

const test = suite('interpose');

type Dispatcher = InstanceType<Undici['Agent']>;

const unused = () => {
  throw new Error('the dispatcher that it is composed into is the live responder');
};

/** An API, and a proxy in front of it that forwards and tunnels. */
async function upstream(): Promise<{ api: Loopback; proxy: Loopback; close(): Promise<void> }> {
  let tries = 0;
  const api = await loopback((request, response) => {
    if (request.url === '/flaky' && tries++ % 2 === 0) {
      response.writeHead(503, { 'retry-after': '0' }).end('not yet');
    } else {
      response.end(`${request.method} ${request.url}`);
    }
  });
  const proxy = await proxyServer();
  return {
    api,
    proxy,
    async close() {
      await Promise.all([api.close(), proxy.close()]);
    },
  };
}

type Upstream = Awaited<ReturnType<typeof upstream>>;
type Compose = (dispatcher: Dispatcher) => Dispatcher;

const kinds: Record<string, (u: Undici, up: Upstream, compose: Compose) => Dispatcher> = {
  Agent: (u, _, compose) => compose(new u.Agent()),
  Pool: (u, { api }, compose) => compose(new u.Pool(api.url) as never),
  Client: (u, { api }, compose) => compose(new u.Client(api.url) as never),
  ProxyAgent: (u, { proxy }, compose) => compose(new u.ProxyAgent(proxy.url) as never),
  'RetryAgent around an interposed Agent': (u, _, compose) =>
    new u.RetryAgent(compose(new u.Agent()) as never) as never,
  'RetryAgent that is interposed': (u, _, compose) => {
    const agent = new u.Agent();
    // A composed RetryAgent of undici 7 and 8 cannot be closed.
    return Object.assign(compose(new u.RetryAgent(agent) as never), { close: () => agent.close() });
  },
};

interface Brokered {
  readonly broker: Broker;
  readonly compose: Compose;
  close(): Promise<void>;
}

const targets: Record<
  string,
  (store: ReturnType<typeof emptyStore>, mode: 'record' | 'replay') => Promise<Brokered>
> = {
  async 'a Broker'(store, mode) {
    const broker = await Broker.fromStore(store, { mode, liveResponder: unused });
    return {
      broker,
      compose: (dispatcher) => dispatcher.compose(interpose(broker) as never) as never,
      close: () => broker.close(),
    };
  },
  async 'an Interposition'(store, mode) {
    const interposition = await installInterposition(mode, { store });
    return {
      broker: interposition.broker,
      compose: (dispatcher) => dispatcher.compose(interpose(interposition) as never) as never,
      close: () => interposition.uninstall(),
    };
  },
};

for (const { name, undici } of copies) {
  const check = test.skipUnless(undici !== undefined, WHY_SKIPPED);
  const u = undici as Undici;

  for (const [kind, make] of Object.entries(kinds)) {
    for (const [target, open] of Object.entries(targets)) {
      check(`${name}, ${kind}, ${target}: records, and replays when the server is gone`, async () => {
        const up = await upstream();
        const store = emptyStore();
        const ask = async (dispatcher: Dispatcher) => {
          const one = await u.request(`${up.api.url}/one`, { dispatcher } as never);
          const two = await (u.fetch as unknown as Fetch)(`${up.api.url}/two`, {
            method: 'PUT',
            dispatcher,
          } as never);
          return [one.statusCode, await one.body.text(), two.status, await two.text()];
        };
        const story = [200, 'GET /one', 200, 'PUT /two'];

        const recording = await open(store, 'record');
        const live = make(u, up, recording.compose);
        assert.equal(await settled(ask(live), () => 'recording'), story);
        assert.is(up.api.count(), 2);
        await recording.close();
        await live.close();
        await up.close();

        const replaying = await open(store, 'replay');
        const replay = make(u, up, replaying.compose);
        assert.equal(await settled(ask(replay), () => 'replaying'), story);
        assert.equal(replaying.broker.stats, { hits: 2, misses: 0, recorded: 0, passedThrough: 0 });
        await replaying.close();
        await replay.close();
      });
    }
  }

  check(`${name}: a RetryAgent around it records each try, and replays them`, async () => {
    const up = await upstream();
    const store = emptyStore();
    const ask = async (mode: 'record' | 'replay') => {
      const broker = await brokerOn(store, mode);
      const agent = new u.Agent();
      const dispatcher = new u.RetryAgent(agent.compose(interpose(broker) as never), { minTimeout: 1 });
      try {
        const asked = u.request(`${up.api.url}/flaky`, { dispatcher } as never);
        const answer = await settled(asked, () => 'the answer to the retry');
        return [answer.statusCode, await answer.body.text()];
      } finally {
        await broker.close();
        await agent.destroy();
      }
    };
    assert.equal(await ask('record'), [200, 'GET /flaky']);
    const statuses = (await recordedIn(store)).map(
      ({ responseChunks }) => responseChunks[0]?.metadata.find(([key]) => key === 'status_code')?.[1],
    );
    assert.equal(statuses, ['503', '200']);
    await up.close();
    assert.equal(await ask('replay'), [200, 'GET /flaky']);
  });

  for (const kind of ['Client', 'Pool'] as const) {
    check(
      `${name}: two ${kind}s of two origins are told apart where requests leave the origin out`,
      async () => {
        const [a, b] = (await Promise.all(
          ['a', 'b'].map((which) => loopback((_, response) => response.end(`from ${which}`))),
        )) as [Loopback, Loopback];
        const store = emptyStore();
        const ask = async (mode: 'record' | 'replay', origins: readonly string[]) => {
          const broker = await brokerOn(store, mode);
          const answers: string[] = [];
          for (const origin of origins) {
            const composed = new u[kind](origin).compose(interpose(broker) as never) as unknown as Dispatcher;
            const { body } = await composed.request({ method: 'GET', path: '/' } as never);
            answers.push(await body.text());
            await composed.close();
          }
          await broker.close();
          return answers;
        };
        assert.equal(await ask('record', [a.url, b.url]), ['from a', 'from b']);
        const targetsSeen = (await recordedIn(store)).map(({ request }) => request.target);
        assert.equal(targetsSeen, [`${a.url}/`, `${b.url}/`]);
        await Promise.all([a.close(), b.close()]);
        assert.equal(await ask('replay', [b.url, a.url]), ['from b', 'from a']);
        const error = await rejection(ask('replay', ['http://127.0.0.1:9']));
        assert.is(error.code, 'ERR_INTERACTION_NOT_FOUND');
      },
    );
  }

  check(`${name}: a composed Client that is composed again still knows its origin`, async () => {
    const api = await loopback((_, response) => response.end('ok'));
    const store = emptyStore();
    const broker = await brokerOn(store, 'record');
    const client = new u.Client(api.url);
    const composed = client
      .compose(plain as never)
      .compose(interpose(broker) as never) as unknown as Dispatcher;
    const { body } = await composed.request({ method: 'GET', path: '/again' } as never);
    assert.is(await body.text(), 'ok');
    await client.close();
    await api.close();
    assert.equal(
      (await recordedIn(store)).map(({ request }) => request.target),
      [`${api.url}/again`],
    );
  });

  check(`${name}: composed twice, and under an installation, a request is brokered once`, async () => {
    const api = await loopback((_, response) => response.end('ok'));
    const store = emptyStore();
    const interposition = await installInterposition('record', { store });
    const other = new Broker(new Cassette(), { mode: 'record', liveResponder: unused });
    const agent = new u.Agent();
    const composed = agent
      .compose(interpose(other) as never)
      .compose(interpose(interposition) as never)
      .compose(interpose(interposition) as never);
    const { body } = await u.request(`${api.url}/`, { dispatcher: composed } as never);
    assert.is(await body.text(), 'ok');
    await interposition.uninstall();
    await agent.close();
    await api.close();
    assert.is((await recordedIn(store)).length, 1);
    assert.is(interposition.broker.stats.misses, 1);
    assert.is(other.stats.misses, 0, 'the outermost one answers');
  });

  check(`${name}: stream() and pipeline() replay with the server gone`, async () => {
    const api = await loopback((request, response) => request.pipe(response));
    const store = emptyStore();
    const ask = async (mode: 'record' | 'replay') => {
      const broker = await brokerOn(store, mode);
      const agent = new u.Agent();
      const dispatcher = agent.compose(interpose(broker) as never);
      const chunks: Buffer[] = [];
      const { Writable } = await import('node:stream');
      const sink = new Writable({
        write(chunk: Buffer, _, done) {
          chunks.push(chunk);
          done();
        },
      });
      await u.stream(
        `${api.url}/s`,
        { method: 'POST', body: 'stream', dispatcher } as never,
        () => sink as never,
      );
      const duplex = u.pipeline(`${api.url}/p`, { method: 'POST', dispatcher } as never, ({ body }) => body);
      duplex.end('pipeline');
      for await (const chunk of duplex) {
        chunks.push(chunk as Buffer);
      }
      await broker.close();
      await agent.close();
      return Buffer.concat(chunks).toString();
    };
    assert.is(await settled(ask('record'), () => 'recording'), 'streampipeline');
    await api.close();
    assert.is(await settled(ask('replay'), () => 'replaying'), 'streampipeline');
  });
}

test('anything else than a Broker or an Interposition is refused', () => {
  assert.throws(() => interpose({} as never), /takes a Broker/);
});

test.run();
