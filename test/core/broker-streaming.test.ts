import * as assert from 'uvu/assert';
import {
  Broker,
  type BrokerOptions,
  Cassette,
  CassetteSaveError,
  Interaction,
  type LiveResponder,
  TruncatedRecordingError,
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

const test = suite('broker streaming');

const recording = (liveResponder: LiveResponder): BrokerOptions => ({
  mode: 'record',
  liveResponder,
  session: sessionOf('now'),
});

function recordingTo(store: TestStore, upstream: Upstream, options: BrokerOptions = {}): Broker {
  const { cassetteStore: _, ...rest } = { ...recording(upstream.respond), ...options };
  return new Broker(store.stored, { ...rest, cassetteStore: store });
}

function chunksOf(cassette: Cassette): string[][] {
  return cassette.interactions.map(({ responseChunks }) => responseChunks.map(({ data }) => text(data)));
}

for (const mode of ['record', 'auto'] as const) {
  test(`${mode}: chunks pass as they arrive, with their metadata`, async () => {
    const store = new TestStore();
    const upstream = new Upstream();
    const iterator = iteratorOf(recordingTo(store, upstream, { mode }).replay(request()));
    const pending = iterator.next();
    const exchange = await upstream.exchange();
    exchange.send('a', [['status_code', '200']]);
    assert.equal((await pending).value, chunk('a', 0, [['status_code', '200']]));
    const second = iterator.next();
    assert.ok(await isPending(second));
    exchange.send('b');
    assert.equal((await second).value, chunk('b', 1));
    assert.is(store.begun, 0);
    const end = iterator.next();
    exchange.send('', [['trailer:x', '1']]);
    assert.equal((await end).value, chunk('', 2, [['trailer:x', '1']]));
    exchange.end();
    assert.is(await next(iterator), undefined);
    assert.equal(chunksOf(store.stored), [['a', 'b', '']]);
    assert.equal(store.stored.interactions[0]?.responseChunks[2]?.metadata, [['trailer:x', '1']]);
  });
}

test('only the end waits for the save', async () => {
  const store = new TestStore();
  const upstream = new Upstream();
  store.hold();
  const iterator = iteratorOf(recordingTo(store, upstream).replay(request()));
  const first = next(iterator);
  (await upstream.exchange()).answer('a');
  assert.is(await first, 'a');
  const end = next(iterator);
  assert.ok(await isPending(end));
  assert.is(store.begun, 1);
  store.release();
  assert.is(await end, undefined);
  assert.is(store.stored.size, 1);
});

test('recordings that end while a save is under way share the next one', async () => {
  const store = new TestStore();
  const upstream = new Upstream();
  const broker = recordingTo(store, upstream);
  store.hold();
  const ended: boolean[] = [];
  const run = async (n: number) => {
    const asked = request({ target: `/${n}` });
    await read(broker.replay(asked));
    ended[n] = store.stored.interactions.some((stored) => stored.request.target === asked.target);
  };
  const all = Array.from({ length: 10 }, (_, n) => run(n));
  (await upstream.exchange(0)).answer('0');
  await idle();
  assert.is(store.begun, 1);
  for (let n = 1; n < 10; n++) {
    (await upstream.exchange(n)).answer(String(n));
  }
  await idle();
  assert.is(store.begun, 1);
  assert.equal(ended, []);
  store.release();
  await Promise.all(all);
  assert.equal(ended, Array(10).fill(true));
  assert.is(store.begun, 2);
  assert.is(store.stored.size, 10);
});

test('a recording that ends during a save waits for one that holds it, also when the first one fails', async () => {
  const store = new TestStore();
  const upstream = new Upstream();
  const broker = recordingTo(store, upstream);
  store.hold();
  store.failWith(new Error('disk full'));
  const first = read(broker.replay(request({ target: '/0' })));
  (await upstream.exchange(0)).answer('0');
  await idle();
  const second = read(broker.replay(request({ target: '/1' })));
  (await upstream.exchange(1)).answer('1');
  await idle();
  store.release();
  assert.instance(await thrownBy(() => first), CassetteSaveError);
  assert.equal(await second, ['1']);
  assert.is(store.stored.size, 2);
});

test('saves never overlap', async () => {
  const store = new TestStore();
  let running = 0;
  const save = store.save.bind(store);
  store.save = async (cassette) => {
    assert.is(++running, 1);
    await idle();
    await save(cassette);
    running--;
  };
  const broker = await Broker.fromStore(store, recording(answering('live')));
  await Promise.all(Array.from({ length: 20 }, (_, n) => ask(broker, request({ target: `/${n}` }))));
  await broker.close();
  assert.is(store.stored.size, 20);
});

test('an answer that nobody reads begins nothing', async () => {
  const upstream = new Upstream();
  recordingTo(new TestStore(), upstream).replay(request());
  await idle();
  assert.is(upstream.exchanges.length, 0);
});

test('backpressure reaches the upstream: it is read ahead by readAhead and the chunk in hand', async () => {
  const size = 1000;
  const total = 60;
  let produced = 0;
  const liveResponder: LiveResponder = async function* () {
    for (; produced < total; produced++) {
      yield { data: new Uint8Array(size).fill(produced), sequence: produced };
    }
  };
  const store = new TestStore();
  const broker = await Broker.fromStore(store, { ...recording(liveResponder), readAhead: 3 * size });
  const iterator = iteratorOf(broker.replay(request()));
  for (let taken = 1; taken <= total; taken++) {
    assert.is((await iterator.next()).value?.data[0], taken - 1);
    await idle();
    assert.ok(produced <= taken + 4, `${produced} produced when ${taken} were read`);
    assert.ok(produced >= Math.min(total, taken + 3), `only ${produced} produced when ${taken} were read`);
  }
  assert.is((await iterator.next()).done, true);
  assert.is(store.stored.interactions[0]?.responseChunks.length, total);
});

test('readAhead 0 keeps upstream and caller in step', async () => {
  let produced = 0;
  const liveResponder: LiveResponder = async function* () {
    while (produced < 5) {
      yield chunk(String(produced), produced++);
    }
  };
  const broker = new Broker(new Cassette(), { ...recording(liveResponder), readAhead: 0 });
  const iterator = iteratorOf(broker.replay(request()));
  for (let taken = 1; taken <= 5; taken++) {
    assert.is(await next(iterator), String(taken - 1));
    await idle();
    assert.ok(produced <= taken + 1);
  }
  assert.is(await next(iterator), undefined);
});

test('readAhead is 1 MiB where none is given', async () => {
  const size = 64 * 1024;
  let produced = 0;
  const liveResponder: LiveResponder = async function* () {
    for (; produced < 100; produced++) {
      yield { data: new Uint8Array(size), sequence: produced };
    }
  };
  const iterator = iteratorOf(new Broker(new Cassette(), recording(liveResponder)).replay(request()));
  await iterator.next();
  await idle();
  assert.ok(produced >= 16 && produced <= 18, `${produced} of 64 KiB`);
  await iterator.return?.();
});

test('a body below readAhead is recorded whole, read or not', async () => {
  const store = new TestStore();
  const upstream = new Upstream();
  const iterator = iteratorOf(recordingTo(store, upstream).replay(request()));
  const first = next(iterator);
  const exchange = await upstream.exchange();
  exchange.send('a');
  await first;
  exchange.send('b');
  exchange.answer('c');
  await store.saved(1);
  assert.equal(chunksOf(store.stored), [['a', 'b', 'c']]);
});

test('a caller that stops reading stops only reading: the rest is recorded, past readAhead too', async () => {
  const store = new TestStore();
  const upstream = new Upstream();
  const broker = recordingTo(store, upstream, { readAhead: 1 });
  const exchanging = upstream.exchange().then((exchange) => {
    exchange.send('first');
    return exchange;
  });
  for await (const { data } of broker.replay(request())) {
    assert.is(text(data), 'first');
    break;
  }
  const exchange = await exchanging;
  for (let n = 0; n < 20; n++) {
    exchange.send('more than one byte');
  }
  exchange.end();
  await store.saved(1);
  assert.is(exchange.signal.aborted, false);
  assert.is(store.stored.interactions[0]?.responseChunks.length, 21);
  assert.is(store.stored.interactions[0]?.recording.truncated, false);
});

test('a caller that throws while it reads stops only reading', async () => {
  const store = new TestStore();
  const upstream = new Upstream();
  const broker = recordingTo(store, upstream);
  const reading = thrownBy(async () => {
    for await (const _ of broker.replay(request())) {
      throw new Error('parser');
    }
  });
  const exchange = await upstream.exchange();
  exchange.send('a');
  assert.match(((await reading) as Error).message, 'parser');
  exchange.answer('b');
  await store.saved(1);
  assert.equal(chunksOf(store.stored), [['a', 'b']]);
});

test('an abort ends the answer, aborts the upstream, and what had arrived is recorded as truncated', async () => {
  const store = new TestStore();
  const upstream = new Upstream();
  const abort = new AbortController();
  const reason = new Error('enough');
  const iterator = iteratorOf(recordingTo(store, upstream).replay(request(), { signal: abort.signal }));
  const first = next(iterator);
  const exchange = await upstream.exchange();
  exchange.send('a', [['status_code', '200']]);
  exchange.send('b');
  await first;
  await next(iterator);
  const open = thrownBy(() => iterator.next());
  assert.ok(await isPending(open));
  abort.abort(reason);
  assert.is(await open, reason);
  assert.is(exchange.signal.aborted, true);
  assert.is(exchange.signal.reason, reason);
  await store.saved(1);
  assert.equal(chunksOf(store.stored), [['a', 'b']]);
  const { recording: told, responseChunks } = store.stored.interactions[0] as Interaction;
  assert.ok(told.truncated);
  assert.equal(responseChunks[0]?.metadata, [['status_code', '200']]);
  assert.match(new Map(store.stored.interactions[0]?.metadata).get('ended_after_ms') as string, /^\d+$/);
  exchange.answer('too late');
  await idle();
  assert.ok(exchange.left);
  assert.is(store.begun, 1);
  assert.equal(chunksOf(store.stored), [['a', 'b']]);
});

test('an abort reaches the caller before what it has not read yet', async () => {
  const upstream = new Upstream();
  const abort = new AbortController();
  const store = new TestStore();
  const iterator = iteratorOf(recordingTo(store, upstream).replay(request(), { signal: abort.signal }));
  const first = next(iterator);
  const exchange = await upstream.exchange();
  exchange.send('a');
  exchange.send('b');
  await first;
  await idle();
  abort.abort();
  assert.is(((await thrownBy(() => iterator.next())) as Error).name, 'AbortError');
  await store.saved(1);
  assert.equal(chunksOf(store.stored), [['a', 'b']]);
});

test('an abort before anything arrived is recorded as one empty chunk', async () => {
  const store = new TestStore();
  const upstream = new Upstream();
  const abort = new AbortController();
  const reading = thrownBy(() =>
    read(recordingTo(store, upstream).replay(request(), { signal: abort.signal })),
  );
  await upstream.exchange();
  abort.abort();
  assert.is(((await reading) as Error).name, 'AbortError');
  await store.saved(1);
  assert.equal(chunksOf(store.stored), [['']]);
  assert.ok(store.stored.interactions[0]?.recording.truncated);
});

test('an abort while the upstream waits for the caller is recorded as truncated', async () => {
  const store = new TestStore();
  const upstream = new Upstream();
  const abort = new AbortController();
  const broker = recordingTo(store, upstream, { readAhead: 1 });
  const iterator = iteratorOf(broker.replay(request(), { signal: abort.signal }));
  const first = next(iterator);
  const exchange = await upstream.exchange();
  exchange.send('a');
  exchange.send('bb');
  exchange.send('cc');
  await first;
  await idle();
  abort.abort();
  await store.saved(1);
  assert.equal(chunksOf(store.stored), [['a', 'bb']]);
  await idle();
  assert.ok(exchange.left);
});

test('an abort after the caller stopped reading still aborts the upstream', async () => {
  const store = new TestStore();
  const upstream = new Upstream();
  const abort = new AbortController();
  const iterator = iteratorOf(recordingTo(store, upstream).replay(request(), { signal: abort.signal }));
  const first = next(iterator);
  const exchange = await upstream.exchange();
  exchange.send('a');
  await first;
  await iterator.return?.();
  abort.abort();
  await store.saved(1);
  assert.ok(exchange.signal.aborted);
  assert.equal(chunksOf(store.stored), [['a']]);
  assert.ok(store.stored.interactions[0]?.recording.truncated);
});

test('an abort after the upstream had ended, during the save: the recording is whole', async () => {
  const store = new TestStore();
  const upstream = new Upstream();
  const abort = new AbortController();
  store.hold();
  const iterator = iteratorOf(recordingTo(store, upstream).replay(request(), { signal: abort.signal }));
  const first = next(iterator);
  (await upstream.exchange()).answer('a');
  await first;
  const end = thrownBy(() => iterator.next());
  await idle();
  abort.abort();
  assert.is(((await end) as Error).name, 'AbortError');
  store.release();
  await store.saved(1);
  await idle();
  assert.is(store.stored.size, 1);
  assert.is(store.stored.interactions[0]?.recording.truncated, false);
});

test('a caller that had aborted before it asked: nothing is sent, nothing recorded', async () => {
  const store = new TestStore();
  const upstream = new Upstream();
  const reason = new Error('never mind');
  const broker = recordingTo(store, upstream);
  const answer = broker.replay(request(), { signal: AbortSignal.abort(reason) });
  assert.is(await thrownBy(() => read(answer)), reason);
  await broker.close();
  assert.is(upstream.exchanges.length, 0);
  assert.is(store.begun, 0);
});

test('an aborted exchange is not recorded where a whole recording is there', async () => {
  for (const session of ['now', 'earlier']) {
    const whole = interaction(request(), ['whole'], [['session', session]]);
    const store = new TestStore(cassetteOf(whole));
    const upstream = new Upstream();
    const abort = new AbortController();
    const broker = recordingTo(store, upstream);
    const iterator = iteratorOf(broker.replay(request(), { signal: abort.signal }));
    const first = next(iterator);
    (await upstream.exchange()).send('half');
    await first;
    abort.abort();
    await thrownBy(() => iterator.next());
    await broker.close();
    assert.equal(chunksOf(store.stored), [['whole']]);
    assert.equal(chunksOf(broker.cassette), [['whole']]);
  }
});

/** A signal that outlives its requests, and how many listeners they left on it. */
function watchedSignal(): { signal: AbortSignal; listeners: () => number } {
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = ((...args: Parameters<typeof add>) => {
    listeners++;
    add(...args);
  }) as typeof add;
  signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
    listeners--;
    remove(...args);
  }) as typeof remove;
  return { signal, listeners: () => listeners };
}

test('an exchange that has ended leaves no listener on its signal', async () => {
  const { signal, listeners } = watchedSignal();
  const broker = new Broker(new Cassette(), { ...recording(answering('live')), mode: 'auto' });
  for (let n = 0; n < 3; n++) {
    await read(broker.replay(request(), { signal }));
  }
  await idle();
  assert.is(listeners(), 0);
});

const cut = (...answers: string[]) =>
  interaction(request(), answers, [
    ['ended', 'truncated'],
    ['ended_after_ms', '20'],
  ]);

test('replay of a truncated recording gives that much and stays open until the abort', async () => {
  const abort = new AbortController();
  const reason = new Error('timeout');
  const broker = new Broker(cassetteOf(cut('a', 'b')));
  const iterator = iteratorOf(broker.replay(request(), { signal: abort.signal }));
  assert.is(await next(iterator), 'a');
  assert.is(await next(iterator), 'b');
  const open = thrownBy(() => iterator.next());
  assert.ok(await isPending(open));
  abort.abort(reason);
  assert.is(await open, reason);
});

test('a caller that does not abort within a second gets an error that says where the recording ends', async () => {
  const { signal, listeners } = watchedSignal();
  const got: string[] = [];
  const error = (await thrownBy(async () => {
    for await (const { data } of new Broker(cassetteOf(cut('ab', 'cde'))).replay(request(), { signal })) {
      got.push(text(data));
    }
  })) as TruncatedRecordingError;
  assert.equal(got, ['ab', 'cde']);
  assert.instance(error, TruncatedRecordingError);
  assert.is(error.name, 'TruncatedRecordingError');
  assert.is(error.code, 'ERR_RECORDING_TRUNCATED');
  assert.is(error.request.target, request().target);
  for (const part of ['GET', request().target, '5 bytes', '20 ms']) {
    assert.ok(error.message.includes(part), `${part} in: ${error.message}`);
  }
  assert.is(listeners(), 0);
});

test('replay heeds an abort between chunks and before the first one', async () => {
  const reason = new Error('enough');
  const broker = new Broker(cassetteOf(interaction(request(), ['a', 'b'])));
  const aborted = broker.replay(request(), { signal: AbortSignal.abort(reason) });
  assert.is(await thrownBy(() => read(aborted)), reason);
  const abort = new AbortController();
  const iterator = iteratorOf(broker.replay(request(), { signal: abort.signal }));
  assert.is(await next(iterator), 'a');
  abort.abort(reason);
  assert.is(await thrownBy(() => iterator.next()), reason);
});

for (const playback of ['first', 'sequence'] as const) {
  test(`auto, playback ${playback}: a recording that is only truncated is a MISS`, async () => {
    const liveResponder = answering('live');
    const options = { mode: 'auto', playback, liveResponder } as const;
    const broker = new Broker(cassetteOf(cut('half')), { ...options, session: sessionOf('now') });
    assert.is(await ask(broker), 'live');
    assert.is(liveResponder.requests.length, 1);
    const later = new Broker(broker.cassette, { ...options, session: sessionOf('later') });
    assert.is(await ask(later), 'live');
    assert.is(liveResponder.requests.length, 1);
  });
}

test('a recording is a copy: an upstream may use its buffer again', async () => {
  for (const buffer of [Buffer.alloc(1), new Uint8Array(1)]) {
    const liveResponder: LiveResponder = async function* () {
      for (const [sequence, letter] of ['a', 'b', 'c'].entries()) {
        buffer.set(bytes(letter));
        yield { data: buffer, sequence };
      }
    };
    const broker = new Broker(new Cassette(), { ...recording(liveResponder), readAhead: 0 });
    await ask(broker);
    assert.equal(chunksOf(broker.cassette), [['a', 'b', 'c']]);
  }
});

test('a recording is a copy: a caller may do with the bytes it reads what it likes', async () => {
  for (const data of [Buffer.from('abc'), bytes('abc')]) {
    const liveResponder: LiveResponder = async function* () {
      yield { data, sequence: 0 };
    };
    const broker = new Broker(new Cassette(), { ...recording(liveResponder), mode: 'auto' });
    for (let n = 0; n < 3; n++) {
      for await (const got of broker.replay(request())) {
        assert.is(text(got.data), 'abc');
        if (n > 0) {
          got.data.fill(0);
        }
      }
    }
    assert.equal(chunksOf(broker.cassette), [['abc']]);
  }
});

test('replay gives copies: what a caller does with them changes no later answer', async () => {
  for (const data of [Buffer.from('abc'), bytes('abc')]) {
    const known = new Interaction({ request: request(), responseChunks: [{ data, sequence: 0 }] });
    const broker = new Broker(cassetteOf(known));
    for (let n = 0; n < 2; n++) {
      for await (const got of broker.replay(request())) {
        assert.is(text(got.data), 'abc');
        got.data.fill(0);
      }
    }
  }
});

test('a caller may use the buffer of its request again: what was sent is recorded', async () => {
  for (const body of [Buffer.from('first'), bytes('first')]) {
    const upstream = new Upstream();
    const store = new TestStore();
    const reading = read(recordingTo(store, upstream).replay(request({ body })));
    const exchange = await upstream.exchange();
    body.set(bytes('other'));
    exchange.answer('a');
    await reading;
    body.fill(0);
    assert.is(text(store.stored.interactions[0]?.request.body ?? bytes('')), 'first');
  }
});

test.run();
