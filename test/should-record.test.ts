import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import {
  type BrokerMode,
  type HttpPolicyOptions,
  type InteractionRequest,
  InvalidOptionError,
  MemoryCassetteStore,
  type RecordedAnswer,
  withCassette,
} from '../src/index.js';
import { suite } from './support/suite.js';
import { failureOf, recordingsOf, withEnvironment, within } from './support/ways-in.js';

const test = suite('shouldRecord');

type ShouldRecord = NonNullable<HttpPolicyOptions['shouldRecord']>;

async function withUpstream<T>(answer: RequestListener, work: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

async function statusesOf(url: string, times: number): Promise<string[]> {
  const seen: string[] = [];
  for (let n = 0; n < times; n++) {
    const response = await fetch(url);
    seen.push(`${response.status} ${await response.text()}`);
  }
  return seen;
}

const emptyStore = () => new MemoryCassetteStore({ createIfMissing: true });
const bodiesIn = async (store: MemoryCassetteStore) =>
  recordingsOf(await store.load()).map(({ body }) => body);

for (const mode of ['record', 'auto'] as const) {
  test(`a 401 and a 429 are not baked in, and the program sees them: ${mode}`, async () => {
    const statuses = [401, 429, 200];
    let requests = 0;
    const answer: RequestListener = (_request, response) => {
      const status = statuses[requests++] ?? 500;
      response.writeHead(status).end(`answer ${status}`);
    };
    await withUpstream(answer, async (url) => {
      const store = emptyStore();
      const shouldRecord: ShouldRecord = (_request, { status }) => status !== 401 && status !== 429;
      const live = await withCassette({ store, mode, shouldRecord }, () => statusesOf(url, 3));
      assert.equal(live, ['401 answer 401', '429 answer 429', '200 answer 200']);
      assert.equal(await bodiesIn(store), ['answer 200']);
      const replayed = await withCassette({ store, mode: 'replay' }, () => statusesOf(url, 1));
      assert.equal(replayed, ['200 answer 200']);
    });
  });
}

test('in auto, what was not recorded goes live the next time', async () => {
  let requests = 0;
  await withUpstream(
    (_request, response) => response.end(String(++requests)),
    async (url) => {
      const options = { store: emptyStore(), mode: 'auto' as const, shouldRecord: () => false };
      assert.equal(await withCassette(options, () => statusesOf(url, 2)), ['200 1', '200 2']);
      assert.equal(await withCassette(options, () => statusesOf(url, 1)), ['200 3']);
    },
  );
});

test('what was recorded before stays where its successor is refused', async () => {
  let status = 200;
  await withUpstream(
    (_request, response) => response.writeHead(status).end(String(status)),
    async (url) => {
      const store = emptyStore();
      const shouldRecord: ShouldRecord = (_request, response) => response.status === 200;
      await withCassette({ store, mode: 'record', shouldRecord }, () => statusesOf(url, 1));
      status = 429;
      await withCassette({ store, mode: 'record', shouldRecord }, () => statusesOf(url, 1));
      assert.equal(await bodiesIn(store), ['200']);
    },
  );
});

test('it sees the request, and the response decoded', async () => {
  const seen: { request: InteractionRequest; response: RecordedAnswer }[] = [];
  const answer: RequestListener = (_request, response) => {
    const body = gzipSync('{"ok":true}');
    response
      .writeHead(201, 'Made', {
        'Content-Encoding': 'gzip',
        'Content-Type': 'application/json',
        'X-Two': ['1', '2'],
      })
      .end(body);
  };
  await withUpstream(answer, async (url) => {
    const shouldRecord: ShouldRecord = (request, response) => {
      seen.push({ request, response });
      return true;
    };
    const store = emptyStore();
    await withCassette({ store, mode: 'record', shouldRecord }, async () => {
      const response = await fetch(`${url}/things?x=1`, { method: 'POST', body: '{"a":1}' });
      assert.is(await response.text(), '{"ok":true}');
    });
    const [{ request, response } = assert.unreachable() as never] = seen;
    assert.is(seen.length, 1);
    assert.equal([request.action, request.target], ['POST', `${url}/things?x=1`]);
    assert.is(Buffer.from(request.body).toString(), '{"a":1}');
    assert.equal([response.status, response.statusText], [201, 'Made']);
    assert.is(Buffer.from(response.body).toString(), '{"ok":true}');
    assert.equal(
      response.headers.filter(([name]) => /^x-two$/i.test(name)).map(([, value]) => value),
      ['1', '2'],
    );
  });
});

test('it sees no secret', async () => {
  const token = 'q7zk29xvbt4mlw8rfy3n5hc1';
  await withEnvironment({ UPSTREAM_TOKEN: token }, async () => {
    await withUpstream(
      (_request, response) => response.end(`you are ${token}`),
      async (url) => {
        let seen = '';
        const shouldRecord: ShouldRecord = (request, { headers, body }) => {
          seen = JSON.stringify([request, headers, Buffer.from(body).toString()]);
          return true;
        };
        await withCassette({ store: emptyStore(), mode: 'record', shouldRecord }, async () => {
          const headers = { authorization: `Bearer ${token}`, 'x-api-key': token };
          const response = await fetch(`${url}/?q=${token}`, { headers });
          assert.is(await response.text(), `you are ${token}`);
        });
        assert.match(seen, 'you are ');
        assert.not.match(seen, token);
      },
    );
  });
});

test('it is asked about failures, and about what was cut off', async () => {
  const seen: number[] = [];
  const shouldRecord: ShouldRecord = (_request, { status }) => {
    seen.push(status);
    return false;
  };
  const answer: RequestListener = (request, response) =>
    request.url === '/reset' ? request.socket.resetAndDestroy() : response.write('first');
  await withUpstream(answer, async (url) => {
    const store = emptyStore();
    const options = { store, mode: 'record' as const, recordFailures: true, shouldRecord };
    await withCassette(options, async () => {
      await failureOf(() => fetch(`${url}/reset`));
      const controller = new AbortController();
      const response = await fetch(`${url}/open`, { signal: controller.signal });
      controller.abort();
      await failureOf(() => response.text());
    });
    assert.equal(seen, [0, 200]);
    assert.is((await store.load()).size, 0);
  });
});

for (const [title, method, path] of [
  ['with a body', 'GET', '/'],
  ['that ends with its headers', 'HEAD', '/'],
] as const) {
  for (const mode of ['record', 'auto'] satisfies BrokerMode[]) {
    test(`what it throws fails the request, and nothing hangs: a response ${title}, ${mode}`, async () => {
      await withUpstream(
        (_request, response) => response.end('answer'),
        async (url) => {
          const store = emptyStore();
          const broken = new Error('the rule is broken');
          const shouldRecord = () => {
            throw broken;
          };
          let failure: (Error & { cause?: unknown }) | undefined;
          const scope = withCassette({ store, mode, shouldRecord }, async () => {
            failure = await failureOf(async () => (await fetch(url + path, { method })).text());
          });
          // Where the head had been given, nobody can know whether the program has read on: the scope tells as well.
          await within(5000, scope).catch((error) => assert.is(error, broken));
          assert.is(failure?.cause, broken);
          assert.is((await store.load()).size, 0);
        },
      );
    });
  }
}

for (const [title, verdict] of [
  ['a promise', Promise.resolve(false)],
  ['nothing', undefined],
] as const) {
  test(`${title} is no verdict`, async () => {
    await withUpstream(
      (_request, response) => response.end('answer'),
      async (url) => {
        const store = emptyStore();
        const shouldRecord = (() => verdict) as unknown as ShouldRecord;
        const scope = withCassette({ store, mode: 'record', shouldRecord }, () =>
          failureOf(() => fetch(url, { method: 'HEAD' })),
        );
        const { cause } = await within(5000, scope);
        assert.instance(cause, InvalidOptionError);
        assert.match((cause as Error).message, /shouldRecord.*true or false/);
        assert.is((await store.load()).size, 0);
      },
    );
  });
}

test.run();
