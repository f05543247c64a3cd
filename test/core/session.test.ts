import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  Broker,
  type BrokerOptions,
  Cassette,
  CassetteSaveError,
  type CassetteStore,
  fingerprint,
  type InteractionRequest,
  JsonFileCassetteStore,
  type LiveResponder,
  MemoryCassetteStore,
  type Projection,
} from '../../src/index.js';
import { suite } from '../support/suite.js';
import {
  answering,
  ask,
  askTimes,
  bytes,
  cassetteOf,
  idle,
  interaction,
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

const test = suite('session');

let traces = 0;
/** A request as a traced client sends it: no two are the same. */
const traced = (fields: Partial<InteractionRequest> = {}): InteractionRequest =>
  request({ ...fields, headers: [['traceparent', `00-${++traces}`]] });

const withoutTrace: Projection = ({ headers, ...rest }) =>
  fingerprint({ ...rest, headers: headers.filter(([name]) => name !== 'traceparent') });

const recording = (session: string, liveResponder: LiveResponder, lane = '1'): BrokerOptions => ({
  mode: 'record',
  playback: 'sequence',
  liveResponder,
  project: withoutTrace,
  session: sessionOf(session, lane),
});

const replaying = { playback: 'sequence', project: withoutTrace } as const;

const answersOf = (cassette: Cassette): string[] =>
  cassette.interactions.map((known) => text(known.responseChunks[0]?.data ?? bytes('')));

async function record(
  store: CassetteStore,
  session: string,
  answers: readonly string[],
  lane = '1',
): Promise<Broker> {
  const broker = await Broker.fromStore(store, recording(session, answering(...answers), lane));
  for (const _ of answers) {
    await ask(broker, traced());
  }
  return broker;
}

test('record is a forced refresh: the new session answers, although no fingerprint is the same', async () => {
  const store = new TestStore();
  await (await record(store, 'one', ['old 1', 'old 2', 'old 3'])).close();
  await (await record(store, 'two', ['new 1', 'new 2'])).close();
  const replay = await Broker.fromStore(store, replaying);
  assert.equal(await askTimes(replay, 3, traced()), ['new 1', 'new 2', 'new 2']);
});

test('the newest session wins at load, also where the one that recorded it was killed before its end', async () => {
  const store = new TestStore();
  await record(store, 'one', ['old 1', 'old 2']);
  await record(store, 'two', ['new 1']);
  assert.equal(answersOf(store.stored), ['old 1', 'old 2', 'new 1']);
  assert.equal(await askTimes(await Broker.fromStore(store, replaying), 2, traced()), ['new 1', 'new 1']);
  const first = await Broker.fromStore(store, { project: withoutTrace });
  assert.is(await ask(first, traced()), 'new 1');
});

test('close drops what the session superseded, in one save, and nothing else', async () => {
  const untouched = interaction(request({ target: '/untouched' }), ['kept'], [['session', 'zero']]);
  const store = new TestStore(cassetteOf(untouched));
  await record(store, 'one', ['old 1', 'old 2', 'old 3']);
  const broker = await record(store, 'two', ['new 1', 'new 2']);
  const before = store.saves.length;
  assert.is(store.stored.size, 6);
  await broker.close();
  assert.is(store.saves.length, before + 1);
  assert.equal(answersOf(store.stored), ['kept', 'new 1', 'new 2']);
  await broker.close();
  assert.is(store.saves.length, before + 1);
});

test('a session that superseded nothing has nothing to save at its close', async () => {
  const store = new TestStore();
  const broker = await record(store, 'one', ['1', '2']);
  await broker.close();
  assert.is(store.saves.length, 2);
});

test('a Broker goes on working after its close', async () => {
  const store = new TestStore();
  await record(store, 'one', ['old']);
  const broker = await record(store, 'two', ['1', '2']);
  await broker.close();
  assert.is(await ask(broker, traced()), '2');
  assert.is(await ask(broker, traced({ target: '/late' })), '2');
  await broker.close();
  assert.equal(answersOf(store.stored), ['1', '2', '2']);
  assert.equal(store.stored.interactions.at(-1)?.request.target, '/late');
});

test('requests of one session append, whichever Broker records them', async () => {
  const store = new TestStore();
  await (await record(store, 'one', ['1'], 'a')).close();
  await (await record(store, 'one', ['2'], 'b')).close();
  assert.equal(answersOf(store.stored), ['1', '2']);
});

test('an exchange that fails in a refresh leaves the earlier recording in place', async () => {
  const store = new TestStore();
  await (await record(store, 'one', ['old'])).close();
  const broker = await Broker.fromStore(
    store,
    recording('two', () => {
      throw new Error('refused');
    }),
  );
  await thrownBy(() => ask(broker, traced()));
  await broker.close();
  assert.equal(answersOf(store.stored), ['old']);
});

test('auto adds to the sessions that are there and drops nothing that still answers', async () => {
  const store = new TestStore();
  await (await record(store, 'one', ['old'])).close();
  const auto = await Broker.fromStore(store, {
    ...recording('two', answering('new')),
    mode: 'auto',
  });
  assert.is(await ask(auto, traced()), 'old');
  assert.is(await ask(auto, traced({ target: '/new' })), 'new');
  await auto.close();
  assert.equal(answersOf(store.stored), ['old', 'new']);
});

test('a cassette without sessions counts as one, that a recording replaces', async () => {
  const store = new TestStore(cassetteOf(...['1', '2'].map((answer) => interaction(request(), [answer]))));
  assert.equal(await askTimes(await Broker.fromStore(store, replaying), 2, traced()), ['1', '2']);
  await (await record(store, 'one', ['new'])).close();
  assert.equal(answersOf(store.stored), ['new']);
});

test('each entry follows a lane of its own, round and round', async () => {
  const store = new TestStore();
  await (await record(store, 'one', ['a1', 'a2'], 'a')).close();
  await (await record(store, 'one', ['b1', 'b2'], 'b')).close();
  for (const [entry, expected] of [
    ['a1', 'a2'],
    ['b1', 'b2'],
    ['a1', 'a2'],
    ['b1', 'b2'],
  ].entries()) {
    const replay = await Broker.fromStore(store, { ...replaying, session: sessionOf('', '1', entry) });
    assert.equal(await askTimes(replay, 3, traced()), [...expected, expected[1]]);
  }
});

test('numbered lanes belong to the entries of that number, whichever was saved first', async () => {
  const store = new TestStore();
  await record(store, 'one', ['second 1', 'second 2'], '2');
  await record(store, 'one', ['first 1', 'first 2'], '1');
  for (const [entry, lane] of ['first', 'second', 'first', 'second'].entries()) {
    const replay = await Broker.fromStore(store, { ...replaying, session: sessionOf('', '1', entry) });
    assert.equal(await askTimes(replay, 2, traced()), [`${lane} 1`, `${lane} 2`]);
  }
});

test('what only another lane recorded is found, whichever lane is followed', async () => {
  const store = new TestStore();
  await record(store, 'one', ['a1'], 'a');
  const b = await record(store, 'one', ['b1'], 'b');
  await ask(b, traced({ target: '/only-in-b' }));
  for (const entry of [0, 1, 2]) {
    const replay = await Broker.fromStore(store, { ...replaying, session: sessionOf('', '1', entry) });
    assert.is(await ask(replay, traced({ target: '/only-in-b' })), 'b1');
    assert.is(await ask(replay, traced()), entry === 1 ? 'b1' : 'a1');
  }
});

test('lanes do not collapse into each other', async () => {
  const store = new TestStore();
  await (await record(store, 'one', ['P', 'P', 'D'], 'a')).close();
  await (await record(store, 'one', ['P', 'D', 'D'], 'b')).close();
  assert.equal(answersOf(store.stored), ['P', 'D', 'P', 'D']);
  for (const [entry, expected] of [
    ['P', 'P', 'D'],
    ['P', 'D', 'D'],
  ].entries()) {
    const replay = await Broker.fromStore(store, { ...replaying, session: sessionOf('', '1', entry) });
    assert.equal(await askTimes(replay, 3, traced()), expected);
  }
});

/** Gives two Brokers that are open at once their stores. */
const SHARED: readonly (readonly [name: string, open: (path: string) => () => CassetteStore])[] = [
  [
    'each with a store of its own on one file',
    (path) => () => new JsonFileCassetteStore(path, { createIfMissing: true }),
  ],
  [
    'on one file store',
    (path) => {
      const store = new JsonFileCassetteStore(path, { createIfMissing: true });
      return () => store;
    },
  ],
  [
    'on one store in memory',
    () => {
      const store = new MemoryCassetteStore({ createIfMissing: true });
      return () => store;
    },
  ],
];

for (const [name, openStores] of SHARED) {
  for (const turns of ['a b', 'a b b', 'a b a b', 'a a b b a b']) {
    test(`two Brokers at once ${name} keep both stories: ${turns}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'interposition-session-'));
      try {
        await keepsBoth(openStores(join(folder, 'both.json')), turns.split(' '));
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
}

async function keepsBoth(open: () => CassetteStore, turns: readonly string[]): Promise<void> {
  const answers = (lane: string) =>
    turns.filter((turn) => turn === lane).map((_, place) => `${lane}${place + 1}`);
  const [a, b] = await Promise.all(
    ['a', 'b'].map(async (lane) =>
      Broker.fromStore(open(), recording('one', answering(...answers(lane)), lane)),
    ),
  );
  for (const turn of turns) {
    await ask((turn === 'a' ? a : b) as Broker, traced());
  }
  await a?.close();
  await b?.close();
  for (const [entry, lane] of ['a', 'b'].entries()) {
    const replay = await Broker.fromStore(open(), { ...replaying, session: sessionOf('', '1', entry) });
    const expected = answers(lane);
    assert.equal(await askTimes(replay, expected.length, traced()), expected);
  }
}

test('replay never saves, whatever happens', async () => {
  const stored = cassetteOf(
    interaction(request(), ['old'], [['session', 'one']]),
    interaction(request(), ['new'], [['session', 'two']]),
  );
  const unexpected = () => {
    throw new Error('it saved');
  };
  const store = { load: async () => stored, save: unexpected, saveSync: unexpected };
  const broker = await Broker.fromStore(store, { liveResponder: answering('live') });
  assert.is(await ask(broker), 'new');
  await thrownBy(() => ask(broker, request({ target: '/other' })));
  await broker.close();
  broker.closeSync();
  await idle();
  assert.is(broker.cassette, stored);
});

/** Records one answer, and has another exchange open. */
async function withAnOpenExchange(
  store: CassetteStore,
): Promise<{ broker: Broker; end: () => Promise<unknown> }> {
  const upstream = new Upstream();
  const broker = new Broker(new Cassette(), {
    ...recording('one', upstream.respond),
    cassetteStore: store,
  });
  const ended = read(broker.replay(request({ target: '/ended' })));
  (await upstream.exchange(0)).answer('ended');
  await ended;
  const iterator = iteratorOf(broker.replay(request({ target: '/open' })));
  const first = next(iterator);
  const exchange = await upstream.exchange(1);
  exchange.send('half');
  await first;
  const end = async () => {
    exchange.answer('rest');
    return next(iterator);
  };
  return { broker, end };
}

test('closeSync writes the exchanges that are still open as truncated, at once', async () => {
  const store = new TestStore();
  const { broker } = await withAnOpenExchange(store);
  broker.closeSync();
  assert.equal(
    store.stored.interactions.map((known) => [known.request.target, known.recording.truncated]),
    [
      ['/ended', false],
      ['/open', true],
    ],
  );
  assert.equal(answersOf(store.stored), ['ended', 'half']);
});

test('closeSync writes what waits for a save that is under way', async () => {
  const store = new TestStore();
  store.hold();
  const broker = await Broker.fromStore(store, recording('one', answering('1')));
  const reading = read(broker.replay(traced()));
  await idle();
  assert.is(store.stored.size, 0);
  broker.closeSync();
  assert.is(store.stored.size, 1);
  store.release();
  await reading;
  assert.is(store.stored.size, 1);
});

test('closeSync drops what the session superseded', async () => {
  const store = new TestStore();
  await record(store, 'one', ['old']);
  (await record(store, 'two', ['new'])).closeSync();
  assert.equal(answersOf(store.stored), ['new']);
});

test('closeSync a second time writes nothing', async () => {
  const store = new TestStore();
  const { broker } = await withAnOpenExchange(store);
  broker.closeSync();
  const { length } = store.saves;
  broker.closeSync();
  assert.is(store.saves.length, length);
});

test('an exchange that closeSync cut off ends for its reader, and is recorded once', async () => {
  const store = new TestStore();
  const { broker, end } = await withAnOpenExchange(store);
  broker.closeSync();
  await end();
  await broker.close();
  assert.is(store.stored.size, 2);
});

test('closeSync on a store that cannot save synchronously forgets nothing: a later save has it', async () => {
  const { load, save, stored } = storeWithoutSync();
  const { broker } = await withAnOpenExchange({ load, save });
  broker.closeSync();
  await broker.close();
  assert.equal(answersOf(stored()), ['ended', 'half']);
});

function storeWithoutSync() {
  let cassette = new Cassette();
  return {
    load: async () => cassette,
    save: async (given: Cassette) => {
      cassette = given;
    },
    stored: () => cassette,
  };
}

test('a closeSync that cannot save throws CassetteSaveError, and a later save has it all', async () => {
  const store = new TestStore();
  const { broker } = await withAnOpenExchange(store);
  const saveSync = store.saveSync;
  store.saveSync = () => {
    throw new Error('disk full');
  };
  const error = await thrownBy(() => broker.closeSync());
  assert.instance(error, CassetteSaveError);
  assert.match((error as Error).message, 'disk full');
  store.saveSync = saveSync;
  await broker.close();
  assert.equal(answersOf(store.stored), ['ended', 'half']);
});

test.run();
