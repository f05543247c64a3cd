import { once } from 'node:events';
import { createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { Broker, type BrokerOptions, Cassette, MemoryCassetteStore, withCassette } from '../src/index.js';
import { interaction, iteratorOf, next, read, request, thrownBy } from './core/harness.js';
import { interaction as sketched } from './support/interactions.js';
import { suite } from './support/suite.js';
import { failureOf, newFolder, runPreloaded, textOf, withApi, within } from './support/ways-in.js';

const test = suite('latency');

/** Which of these ends first. */
function first(contenders: Record<string, Promise<unknown>>): Promise<string> {
  return Promise.race(Object.entries(contenders).map(([name, work]) => work.then(() => name)));
}

const SLOW_MS = 300;

async function recordedAnswer(
  use: (url: string, store: MemoryCassetteStore) => Promise<void>,
): Promise<void> {
  await withApi(async (api) => {
    const store = new MemoryCassetteStore({ createIfMissing: true });
    await withCassette({ store, mode: 'record' }, () => textOf(`${api.url}/count/a`));
    await use(`${api.url}/count/a`, store);
    assert.is(api.requests, 1);
  });
}

for (const [latency, winner] of [
  [undefined, 'answer'],
  ['none', 'answer'],
  [0, 'answer'],
  [SLOW_MS, 'timer'],
] as const) {
  test(`latency ${latency}: of the answer and a timer of ${SLOW_MS / 2} ms the ${winner} is first`, async () => {
    await recordedAnswer(async (url, store) => {
      const options = { store, mode: 'replay' as const, ...(latency !== undefined && { latency }) };
      await withCassette(options, async () => {
        const answer = textOf(url);
        assert.is(await first({ answer, timer: wait(SLOW_MS / 2) }), winner);
        assert.is(await answer, '1');
      });
    });
  });
}

test('the head waits, and the body comes with it', async () => {
  await recordedAnswer(async (url, store) => {
    await withCassette({ store, mode: 'replay', latency: SLOW_MS }, async () => {
      const head = fetch(url);
      assert.is(await first({ head, timer: wait(SLOW_MS / 2) }), 'timer');
      const body = (await head).text();
      assert.is(await first({ body, timer: wait(SLOW_MS / 2) }), 'body');
    });
  });
});

test('a latency longer than timers can be is long all the same', async () => {
  const broker = new Broker(new Cassette([interaction(request(), ['one'])]), { latency: 2 ** 32 });
  const controller = new AbortController();
  const ended = thrownBy(() => read(broker.replay(request(), { signal: controller.signal })));
  assert.is(await first({ ended, timer: wait(50) }), 'timer');
  controller.abort();
  await ended;
});

for (const latency of [60_000, 'recorded'] as const) {
  test(`an abort ends the wait at once: ${latency}`, async () => {
    const store = new MemoryCassetteStore({ createIfMissing: true });
    const url = 'http://slow.test/';
    const metadata = [
      ['answered_after_ms', '60000'],
      ['ended_after_ms', '60000'],
    ] as const;
    await store.save(new Cassette([sketched({ target: url, metadata })]));
    await withCassette({ store, mode: 'replay', latency, match: { headers: { only: [] } } }, async () => {
      const controller = new AbortController();
      const failure = failureOf(() => fetch(url, { signal: controller.signal }));
      await wait(20);
      controller.abort();
      assert.is((await within(2000, failure)).name, 'AbortError');
    });
  });
}

test('a program whose fetch was aborted in the wait can end', async () => {
  await withApi(async (api) => {
    const cwd = newFolder();
    const args = ['/count/a', '/count/b'].map((path) => api.url + path);
    await runPreloaded('get.mjs', args, { cwd, env: { INTERPOSITION_MODE: 'record' } });
    const env = { INTERPOSITION_OPTIONS: '{"latency":600000}' };
    const ended = await within(10_000, runPreloaded('timeout.mjs', [args[0] as string], { cwd, env }));
    assert.equal([ended.code, ended.stdout], [0, 'TimeoutError\n']);
  });
});

test('recorded keeps the order in which two requests were answered', async () => {
  const held: ServerResponse[] = [];
  const server = createServer((incoming, response) => {
    if (incoming.url === '/slow') {
      held.push(response);
    } else {
      // The slow one is answered when the fast one's answer has been read.
      response.on('close', () => setTimeout(() => held.shift()?.end('slow'), 150));
      response.end('fast');
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const order = async () => {
    const ended: string[] = [];
    const ask = async (path: string) => ended.push(await textOf(url + path));
    await Promise.all([ask('/slow'), ask('/fast')]);
    return ended;
  };
  const store = new MemoryCassetteStore({ createIfMissing: true });
  assert.equal(await withCassette({ store, mode: 'record' }, order), ['fast', 'slow']);
  server.close();
  server.closeAllConnections();
  assert.equal(await withCassette({ store, mode: 'replay', latency: 'recorded' }, order), ['fast', 'slow']);
});

test('recorded spreads the chunks over the time that they took', async () => {
  const recorded = interaction(
    request(),
    ['one', 'two', 'three'],
    [
      ['answered_after_ms', '0'],
      ['ended_after_ms', '900'],
    ],
  );
  const broker = new Broker(new Cassette([recorded]), { latency: 'recorded' });
  const chunks = iteratorOf(broker.replay(request()));
  assert.is(await first({ one: next(chunks), timer: wait(150) }), 'one');
  const two = next(chunks);
  assert.is(await first({ two, timer: wait(100) }), 'timer');
  assert.is(await two, 'two');
  assert.is(await next(chunks), 'three');
});

const PAUSE_MS = 400;

const streams: Record<string, (url: string) => Promise<AsyncIterable<Uint8Array>>> = {
  fetch: async (url) => (await fetch(url)).body as unknown as AsyncIterable<Uint8Array>,
  'http.get': async (url) => (await once(get(url), 'response'))[0],
};

for (const [name, open] of Object.entries(streams)) {
  test(`${name}: recorded keeps the time of each chunk`, async () => {
    const server = createServer((_request, response) => {
      response.write('one');
      setTimeout(() => response.write('two'), PAUSE_MS);
      setTimeout(() => response.end('three'), PAUSE_MS + 50);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const happened = async () => {
      const events: string[] = [];
      let timer: NodeJS.Timeout | undefined;
      for await (const chunk of await open(url)) {
        timer ??= setTimeout(() => events.push('a timer'), PAUSE_MS / 2);
        events.push(Buffer.from(chunk).toString());
      }
      clearTimeout(timer);
      return events;
    };
    const store = new MemoryCassetteStore({ createIfMissing: true });
    const live = await withCassette({ store, mode: 'record' }, happened);
    server.close();
    server.closeAllConnections();
    assert.equal(live, ['one', 'a timer', 'two', 'three']);
    assert.equal(await withCassette({ store, mode: 'replay', latency: 'recorded' }, happened), live);
  });

  test(`${name}: recorded keeps the time between the head and the first chunk`, async () => {
    const server = createServer((_request, response) => {
      response.flushHeaders();
      setTimeout(() => response.end('one'), PAUSE_MS);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const firstThere = async () => {
      const body = (await open(url))[Symbol.asyncIterator]();
      const one = body.next();
      const winner = await first({ one, timer: wait(PAUSE_MS / 2) });
      await one;
      await body.next();
      return winner;
    };
    const store = new MemoryCassetteStore({ createIfMissing: true });
    assert.is(await withCassette({ store, mode: 'record' }, firstThere), 'timer');
    server.close();
    server.closeAllConnections();
    const replay = { store, mode: 'replay' } as const;
    assert.is(await withCassette({ ...replay, latency: 'recorded' }, firstThere), 'timer');
    assert.is(await withCassette(replay, firstThere), 'one');
  });
}

const LATE: Partial<BrokerOptions> = { latency: SLOW_MS };

test('a Broker takes its time too', async () => {
  const broker = new Broker(new Cassette([interaction(request(), ['one', 'two'])]), LATE);
  const answer = read(broker.replay(request()));
  assert.is(await first({ answer, timer: wait(SLOW_MS / 2) }), 'timer');
  assert.equal(await answer, ['one', 'two']);
});

test('a Broker that is aborted in the wait ends at once, with the reason', async () => {
  const broker = new Broker(new Cassette([interaction(request(), ['one'])]), { latency: 60_000 });
  const controller = new AbortController();
  const reason = new Error('enough');
  const ended = thrownBy(() => read(broker.replay(request(), { signal: controller.signal })));
  await wait(20);
  controller.abort(reason);
  assert.is(await within(2000, ended), reason);
});

test('a failure waits as an answer does', async () => {
  const failed = interaction(
    request(),
    [''],
    [
      ['ended', 'failed'],
      ['error', '{"name":"Error","message":"refused"}'],
    ],
  );
  const broker = new Broker(new Cassette([failed]), LATE);
  const ended = thrownBy(() => read(broker.replay(request())));
  assert.is(await first({ ended, timer: wait(SLOW_MS / 2) }), 'timer');
  assert.is(((await ended) as Error).message, 'refused');
});

test.run();
