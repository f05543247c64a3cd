import * as assert from 'uvu/assert';
import {
  Broker,
  type BrokerOptions,
  Cassette,
  CassetteLoadError,
  CassetteSaveError,
  type CassetteStore,
  InteractionValidationError,
  InterpositionError,
  type LiveResponder,
  type ResponseChunk,
} from '../../src/index.js';
import { suite } from '../support/suite.js';
import {
  answering,
  ask,
  bytes,
  cassetteOf,
  chunk,
  idle,
  interaction,
  isPending,
  iteratorOf,
  next,
  read,
  request,
  sessionOf,
  TestStore,
  text,
  thrownBy,
  Upstream,
} from './harness.js';

const test = suite('broker failures');

const never = <T>(): Promise<T> => new Promise(() => {});

/** How a port's method misbehaves, and what its error then says. */
const FAILURES: readonly (readonly [name: string, fail: () => Promise<never>, says: string])[] = [
  ['rejects', () => Promise.reject(new Error('no route to host')), 'no route to host'],
  [
    'throws at once',
    () => {
      throw new Error('not connected');
    },
    'not connected',
  ],
  ['rejects with a string', () => Promise.reject('out of order'), 'out of order'],
  ['rejects with nothing', () => Promise.reject(), 'undefined'],
  ['never settles', never, '50 ms'],
];

const loading = (load: () => Promise<unknown>): CassetteStore => ({
  location: 'test://bad',
  load: load as () => Promise<Cassette>,
  save: () => Promise.resolve(),
});

const saving = (save: () => Promise<void>): CassetteStore => ({
  location: 'test://bad',
  load: () => Promise.resolve(new Cassette()),
  save,
});

const recording = (liveResponder: LiveResponder): BrokerOptions => ({
  mode: 'record',
  liveResponder,
  session: sessionOf('now'),
});

for (const [name, fail, says] of FAILURES) {
  test(`a load that ${name}`, async () => {
    const error = (await thrownBy(() =>
      Broker.fromStore(loading(fail), { storeWait: 50 }),
    )) as CassetteLoadError;
    assert.instance(error, CassetteLoadError);
    assert.instance(error, InterpositionError);
    assert.is(error.name, 'CassetteLoadError');
    assert.is(error.code, 'ERR_CASSETTE_LOAD');
    assert.is(error.location, 'test://bad');
    assert.match(error.message, 'test://bad');
    assert.match(error.message, says);
  });

  test(`a save that ${name}: the chunks are delivered, then the error comes in place of the end`, async () => {
    const broker = await Broker.fromStore(saving(fail), { ...recording(answering('live')), storeWait: 50 });
    const iterator = iteratorOf(broker.replay(request()));
    assert.is(await next(iterator), 'live');
    const error = (await thrownBy(() => iterator.next())) as CassetteSaveError;
    assert.instance(error, CassetteSaveError);
    assert.instance(error, InterpositionError);
    assert.is(error.name, 'CassetteSaveError');
    assert.is(error.code, 'ERR_CASSETTE_SAVE');
    assert.is(error.location, 'test://bad');
    assert.match(error.message, 'test://bad');
    assert.match(error.message, says);
  });
}

test('the error of a store is the cause', async () => {
  const cause = new Error('disk on fire');
  const broken = () => Promise.reject(cause);
  const loadError = (await thrownBy(() => Broker.fromStore(loading(broken)))) as Error;
  const broker = await Broker.fromStore(saving(broken), recording(answering('live')));
  const saveError = (await thrownBy(() => ask(broker))) as Error;
  assert.is(loadError.cause, cause);
  assert.is(saveError.cause, cause);
});

test("a store's own CassetteLoadError and CassetteSaveError arrive as they are", async () => {
  const loadError = new CassetteLoadError('mine', { problem: 'it is locked' });
  const saveError = new CassetteSaveError('mine', { problem: 'it is locked' });
  assert.is(await thrownBy(() => Broker.fromStore(loading(() => Promise.reject(loadError)))), loadError);
  const broker = await Broker.fromStore(
    saving(() => Promise.reject(saveError)),
    recording(answering('live')),
  );
  assert.is(await thrownBy(() => ask(broker)), saveError);
});

for (const given of [undefined, null, [], { interactions: [] }, 'cassette'] as unknown[]) {
  test(`a load that gives ${JSON.stringify(given)} is no cassette`, async () => {
    const error = await thrownBy(() => Broker.fromStore(loading(async () => given)));
    assert.instance(error, CassetteLoadError);
    assert.match((error as Error).message, 'test://bad');
  });
}

test('a store without a location is named after its class', async () => {
  class RedisStore {
    load = () => Promise.reject(new Error('refused'));
    save = () => Promise.resolve();
  }
  assert.match(((await thrownBy(() => Broker.fromStore(new RedisStore()))) as Error).message, 'RedisStore');
});

test('while one store never settles, the Broker of another goes on working', async () => {
  const stuckLoad = Broker.fromStore(loading(never), { storeWait: 200 });
  const stuck = await Broker.fromStore(saving(never), { ...recording(answering('live')), storeWait: 200 });
  const stuckAnswer = read(stuck.replay(request()));
  const failures = Promise.all([thrownBy(() => stuckLoad), thrownBy(() => stuckAnswer)]);
  const store = new TestStore();
  const broker = await Broker.fromStore(store, recording(answering('1', '2', '3')));
  assert.is(await ask(broker), '1');
  assert.is(await ask(broker), '2');
  assert.is(store.stored.size, 2);
  assert.ok(await isPending(failures));
  const [loadError, saveError] = await failures;
  assert.instance(loadError, CassetteLoadError);
  assert.instance(saveError, CassetteSaveError);
  assert.is(await ask(broker), '3');
});

test('a storeWait that is longer than a timer can be waits', async () => {
  const store = new TestStore();
  const load = store.load.bind(store);
  store.load = async () => {
    await idle();
    return load();
  };
  const broker = await Broker.fromStore(store, { ...recording(answering('live')), storeWait: 2 ** 40 });
  store.hold();
  const answer = ask(broker);
  assert.ok(await isPending(answer));
  store.release();
  assert.is(await answer, 'live');
});

test('a recording whose save failed is in the next save', async () => {
  const store = new TestStore();
  const broker = await Broker.fromStore(store, recording(answering('first', 'second')));
  store.failWith(new Error('disk full'));
  assert.instance(await thrownBy(() => ask(broker)), CassetteSaveError);
  assert.is(store.stored.size, 0);
  assert.is(await ask(broker, request({ target: '/2' })), 'second');
  assert.equal(
    store.stored.interactions.map(({ request: { target } }) => target),
    [request().target, '/2'],
  );
});

test('a recording whose save failed is saved by close', async () => {
  const store = new TestStore();
  const broker = await Broker.fromStore(store, recording(answering('first')));
  store.failWith(new Error('disk full'));
  await thrownBy(() => ask(broker));
  await broker.close();
  assert.is(store.stored.size, 1);
});

test('a close whose own save fails rejects', async () => {
  const store = new TestStore(cassetteOf(interaction(request(), ['old'], [['session', 'earlier']])));
  const broker = await Broker.fromStore(store, recording(answering('new')));
  await ask(broker);
  store.failWith(new Error('disk full'));
  const error = await thrownBy(() => broker.close());
  assert.instance(error, CassetteSaveError);
  assert.match((error as Error).message, 'disk full');
  await broker.close();
  assert.is(store.stored.size, 1);
});

test('equal answers under sequence: the second one is told of the failed save that it depends on', async () => {
  const store = new TestStore();
  const broker = await Broker.fromStore(store, { ...recording(answering('same')), playback: 'sequence' });
  store.failWith(new Error('disk full'));
  store.failWith(new Error('still full'));
  await thrownBy(() => ask(broker));
  assert.instance(await thrownBy(() => ask(broker)), CassetteSaveError);
  assert.is(await ask(broker), 'same');
  assert.is(store.stored.size, 1);
});

const upstreamError = new Error('connection reset');
const misplaced = (...sequences: number[]): LiveResponder =>
  async function* () {
    for (const sequence of sequences) {
      yield chunk(`chunk ${sequence}`, sequence);
    }
  };
const yielding = (...chunks: unknown[]): LiveResponder =>
  async function* () {
    yield* chunks as ResponseChunk[];
  };

type Expected = Error | { readonly field: string } | ErrorConstructor;
const BAD_RESPONDERS: readonly (readonly [
  name: string,
  liveResponder: LiveResponder,
  delivered: readonly string[],
  expected: Expected,
])[] = [
  [
    'throws at once',
    () => {
      throw upstreamError;
    },
    [],
    upstreamError,
  ],
  [
    'throws before its first chunk',
    // biome-ignore lint/correctness/useYield: it fails first
    async function* () {
      throw upstreamError;
    },
    [],
    upstreamError,
  ],
  [
    'throws half way',
    async function* () {
      yield chunk('a', 0);
      yield chunk('b', 1);
      throw upstreamError;
    },
    ['a', 'b'],
    upstreamError,
  ],
  ['gives nothing to iterate', (() => undefined) as unknown as LiveResponder, [], TypeError],
  ['gives a promise', (async () => [chunk('a')]) as unknown as LiveResponder, [], TypeError],
  ['yields no chunk', yielding(), [], { field: 'responseChunks' }],
  ['does not start at 0', misplaced(1, 2), [], { field: 'responseChunks[0].sequence' }],
  ['leaves a gap', misplaced(0, 2), ['chunk 0'], { field: 'responseChunks[1].sequence' }],
  ['says a sequence twice', misplaced(0, 0), ['chunk 0'], { field: 'responseChunks[1].sequence' }],
  ['goes backwards', misplaced(0, 1, 0), ['chunk 0', 'chunk 1'], { field: 'responseChunks[2].sequence' }],
  ['yields text', yielding({ data: 'a', sequence: 0 }), [], { field: 'responseChunks[0].data' }],
  ['yields null', yielding(chunk('a'), null), ['a'], { field: 'responseChunks[1].data' }],
  [
    'yields metadata that are no pairs',
    yielding({ data: bytes('a'), sequence: 0, metadata: { a: '1' } }),
    [],
    { field: 'responseChunks[0].metadata' },
  ],
];

for (const mode of ['record', 'auto'] as const) {
  for (const [name, liveResponder, delivered, expected] of BAD_RESPONDERS) {
    test(`${mode}: a live responder that ${name}`, async () => {
      const store = new TestStore();
      let bad = true;
      const broker = await Broker.fromStore(store, {
        ...recording((...args) => (bad ? liveResponder(...args) : answering('good')(...args))),
        mode,
      });
      const got: string[] = [];
      const error = await thrownBy(async () => {
        for await (const { data } of broker.replay(request())) {
          got.push(text(data));
        }
      });
      assert.equal(got, delivered);
      if (expected instanceof Error) {
        assert.is(error, expected);
      } else if (typeof expected === 'function') {
        assert.instance(error, expected);
      } else {
        assert.instance(error, InteractionValidationError);
        assert.is((error as InteractionValidationError).field, expected.field);
      }
      await idle();
      assert.is(store.begun, 0);
      assert.is(broker.cassette.size, 0);
      await broker.close();
      broker.closeSync();
      assert.is(store.begun, 0);
      bad = false;
      assert.is(await ask(broker), 'good');
      assert.is(store.stored.size, 1);
    });
  }
}

test('a live responder that fails is let go: its iterator is returned', async () => {
  let returned = false;
  const broker = new Broker(
    new Cassette(),
    recording(async function* () {
      try {
        yield chunk('a', 0);
        yield chunk('b', 7);
      } finally {
        returned = true;
      }
    }),
  );
  await thrownBy(() => ask(broker));
  assert.ok(returned);
});

test('an upstream that fails when nobody reads any more harms nobody', async () => {
  const upstream = new Upstream();
  const store = new TestStore();
  const broker = await Broker.fromStore(store, recording(upstream.respond));
  const iterator = iteratorOf(broker.replay(request()));
  const first = next(iterator);
  const exchange = await upstream.exchange();
  exchange.send('a');
  await first;
  await iterator.return?.();
  exchange.fail(new Error('reset'));
  await idle();
  assert.is(store.begun, 0);
  assert.is(broker.cassette.size, 0);
});

test('a save that fails when nobody reads any more is told by close', async () => {
  const upstream = new Upstream();
  const store = new TestStore();
  const broker = await Broker.fromStore(store, recording(upstream.respond));
  const iterator = iteratorOf(broker.replay(request()));
  const first = next(iterator);
  const exchange = await upstream.exchange();
  exchange.send('a');
  await first;
  await iterator.return?.();
  store.failWith(new Error('disk full'));
  store.failWith(new Error('still full'));
  exchange.end();
  await idle();
  assert.is(store.begun, 1);
  assert.match(((await thrownBy(() => broker.close())) as Error).message, 'still full');
});

test('a save that fails after the caller has aborted is told by close', async () => {
  const upstream = new Upstream();
  const store = new TestStore();
  const broker = await Broker.fromStore(store, recording(upstream.respond));
  const abort = new AbortController();
  const reading = thrownBy(() => read(broker.replay(request(), { signal: abort.signal })));
  await upstream.exchange();
  store.failWith(new Error('disk full'));
  store.failWith(new Error('still full'));
  abort.abort();
  assert.is(((await reading) as Error).name, 'AbortError');
  await idle();
  assert.is(store.begun, 1);
  assert.match(((await thrownBy(() => broker.close())) as Error).message, 'still full');
});

test('a projection that throws at look-up: the caller gets its error, nothing is sent or recorded', async () => {
  const broken = new Error('policy');
  const liveResponder = answering('live');
  for (const mode of ['replay', 'auto'] as const) {
    const store = new TestStore();
    let bad = true;
    const broker = await Broker.fromStore(store, {
      ...recording(liveResponder),
      mode,
      project: ({ target }) => {
        if (bad) {
          throw broken;
        }
        return target;
      },
    });
    assert.is(await thrownBy(() => ask(broker)), broken);
    assert.is(liveResponder.requests.length, 0);
    bad = false;
    if (mode === 'auto') {
      assert.is(await ask(broker), 'live');
      assert.is(store.stored.size, 1);
    }
  }
});

test('a projection that throws in record: the caller gets its error, nothing is recorded', async () => {
  const broken = new Error('policy');
  const store = new TestStore();
  const broker = await Broker.fromStore(store, {
    ...recording(answering('live')),
    project: ({ target }) => {
      if (target === '/bad') {
        throw broken;
      }
      return target;
    },
  });
  assert.is(await thrownBy(() => ask(broker, request({ target: '/bad' }))), broken);
  assert.is(broker.cassette.size, 0);
  assert.is(await ask(broker), 'live');
  await broker.close();
  assert.is(store.stored.size, 1);
});

test('a projection that throws on what is stored: no answer, for nobody knows which', async () => {
  const broken = new Error('policy');
  const store = new TestStore(cassetteOf(interaction(request(), ['1'])));
  const project = () => {
    throw broken;
  };
  const broker = await Broker.fromStore(store, { project });
  assert.is(await thrownBy(() => ask(broker)), broken);
  assert.is(await thrownBy(() => broker.unused), broken);
});

test('fake timers stop neither a recording nor the wait for a store', async () => {
  const store = new TestStore();
  const broker = await Broker.fromStore(store, recording(answering('live')));
  const stuck = await Broker.fromStore(saving(never), { ...recording(answering('live')), storeWait: 20 });
  const fake = () => {
    throw new Error('a fake timer was asked');
  };
  const patches = [
    ...['setTimeout', 'setImmediate', 'clearTimeout', 'Date'].map((name) => [globalThis, name] as const),
    [performance, 'now'] as const,
  ].map(([owner, name]) => [owner, name, Reflect.get(owner, name)] as const);
  try {
    for (const [owner, name] of patches) {
      Reflect.set(owner, name, fake);
    }
    assert.is(await ask(broker), 'live');
    assert.instance(await thrownBy(() => ask(stuck)), CassetteSaveError);
  } finally {
    for (const [owner, name, real] of patches) {
      Reflect.set(owner, name, real);
    }
  }
});

test.run();
