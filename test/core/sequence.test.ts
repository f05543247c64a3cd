import * as assert from 'uvu/assert';
import {
  Broker,
  type BrokerOptions,
  Cassette,
  type InteractionRequest,
  type LiveResponder,
  type MetadataPair,
  type SessionEntry,
} from '../../src/index.js';
import { suite } from '../support/suite.js';
import {
  answering,
  ask,
  askTimes,
  bytes,
  cassetteOf,
  chunk,
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

const test = suite('sequence');

const recording = (liveResponder: LiveResponder, options: BrokerOptions = {}): BrokerOptions => ({
  mode: 'record',
  playback: 'sequence',
  liveResponder,
  session: sessionOf('now'),
  ...options,
});

const replaying = (cassette: Cassette, session?: SessionEntry): Broker =>
  new Broker(cassette, { playback: 'sequence', session });

const answersOf = (cassette: Cassette): string[] =>
  cassette.interactions.map((known) => text(known.responseChunks[0]?.data ?? bytes('')));

/** The same interactions as a store gives them back. */
const reloaded = (cassette: Cassette): Cassette => new Cassette(cassette.interactions);

test('the n-th identical request gets the n-th recording, and the last one sticks', async () => {
  const cassette = cassetteOf(...['1', '2', '3'].map((answer) => interaction(request(), [answer])));
  assert.equal(await askTimes(replaying(cassette), 5), ['1', '2', '3', '3', '3']);
});

test('playback first: each gets the first', async () => {
  const cassette = cassetteOf(...['1', '2'].map((answer) => interaction(request(), [answer])));
  assert.equal(await askTimes(new Broker(cassette), 3), ['1', '1', '1']);
  assert.equal(await askTimes(new Broker(cassette, { playback: 'first' }), 3), ['1', '1', '1']);
});

test('playback first: a whole recording before a truncated one', async () => {
  const half = interaction(request(), ['half'], [['ended', 'truncated']]);
  const cassette = cassetteOf(half, interaction(request(), ['whole']));
  assert.is(await ask(new Broker(cassette)), 'whole');
});

test('playback first: every recording is kept, and the first one answers', async () => {
  const broker = new Broker(new Cassette(), recording(answering('same'), { playback: 'first' }));
  await askTimes(broker, 3);
  assert.equal(answersOf(broker.cassette), ['same', 'same', 'same']);
});

test('requests that differ are counted apart', async () => {
  const [a, b] = [request({ target: '/a' }), request({ target: '/b' })];
  const cassette = cassetteOf(
    interaction(a, ['a1']),
    interaction(b, ['b1']),
    interaction(a, ['a2']),
    interaction(b, ['b2']),
  );
  const broker = replaying(cassette);
  assert.equal([await ask(broker, a), await ask(broker, a), await ask(broker, b)], ['a1', 'a2', 'b1']);
});

test('requests that match by policy are counted together', async () => {
  const traced = (id: string) => request({ headers: [['traceparent', id]] });
  const cassette = cassetteOf(interaction(traced('1'), ['1']), interaction(traced('2'), ['2']));
  const broker = new Broker(cassette, { playback: 'sequence', project: ({ target }) => target });
  assert.equal([await ask(broker, traced('8')), await ask(broker, traced('9'))], ['1', '2']);
});

test('the place belongs to the Broker: another one on the same cassette begins anew', async () => {
  const cassette = cassetteOf(...['1', '2'].map((answer) => interaction(request(), [answer])));
  assert.equal(await askTimes(replaying(cassette), 2), ['1', '2']);
  assert.equal(await askTimes(replaying(cassette), 2), ['1', '2']);
});

test('n is reserved by the call, not by the first read', async () => {
  const cassette = cassetteOf(...['1', '2', '3'].map((answer) => interaction(request(), [answer])));
  const broker = replaying(cassette);
  const answers = [broker.replay(request()), broker.replay(request()), broker.replay(request())];
  const got: string[] = [];
  for (const place of [2, 0, 1]) {
    got[place] = (await read(answers[place] as (typeof answers)[number])).join('');
  }
  assert.equal(got, ['1', '2', '3']);
});

test('an interrupted answer and the retry after it replay as they were', async () => {
  const half = interaction(request(), ['half'], [['ended', 'truncated']]);
  const broker = replaying(cassetteOf(half, interaction(request(), ['whole'])));
  const abort = new AbortController();
  const iterator = iteratorOf(broker.replay(request(), { signal: abort.signal }));
  assert.is(await next(iterator), 'half');
  const open = thrownBy(() => iterator.next());
  abort.abort();
  await open;
  assert.is(await ask(broker), 'whole');
});

/** Records overlapping identical requests whose answers end in the given order. */
async function recordOverlapping(answers: readonly string[], ending: readonly number[]): Promise<Cassette> {
  const upstream = new Upstream();
  const broker = new Broker(new Cassette(), recording(upstream.respond));
  const reading = answers.map(() => read(broker.replay(request())));
  for (const place of ending) {
    (await upstream.exchange(place)).answer(answers[place] as string);
    await reading[place];
  }
  return broker.cassette;
}

/** What identical requests get in the order of their calls, and the order in which the answers end. */
const OVERLAPS: Readonly<Record<string, readonly string[]>> = {
  '1 2': ['2 1'],
  '1 2 3': ['3 1 2', '2 3 1'],
  'A B A': ['1 3 2', '3 2 1', '2 1 3'],
  'B A A': ['2 3 1', '3 2 1'],
  'A A B A': ['4 2 1 3', '1 2 4 3'],
  'A B A A': ['3 4 1 2', '1 3 4 2'],
  'A A C D': ['1 2 4 3', '2 1 4 3'],
  'A A A C D A': ['1 2 3 5 6 4', '3 1 2 6 4 5'],
};

for (const [story, endings] of Object.entries(OVERLAPS)) {
  for (const ending of endings) {
    test(`overlapping ${story}, ending in the order ${ending}, replay in request order`, async () => {
      const answers = story.split(' ');
      const cassette = await recordOverlapping(
        answers,
        ending.split(' ').map((place) => Number(place) - 1),
      );
      assert.equal(await askTimes(replaying(cassette), answers.length), answers);
      assert.equal(await askTimes(replaying(reloaded(cassette)), answers.length), answers);
    });
  }
}

test('the order in recording is that of the calls, not of the first reads', async () => {
  const upstream = new Upstream();
  const broker = new Broker(new Cassette(), recording(upstream.respond));
  const [first, second] = [broker.replay(request()), broker.replay(request())];
  const readingSecond = read(second);
  (await upstream.exchange(0)).answer('second');
  await readingSecond;
  const readingFirst = read(first);
  (await upstream.exchange(1)).answer('first');
  await readingFirst;
  assert.equal(await askTimes(replaying(broker.cassette), 2), ['first', 'second']);
});

test('a call whose answer is read last keeps its place before equal ones that were read before', async () => {
  const broker = new Broker(new Cassette(), recording(answering('A', 'A', 'B')));
  const first = broker.replay(request());
  assert.equal(await askTimes(broker, 2), ['A', 'A']);
  assert.equal(await read(first), ['B']);
  assert.equal(await askTimes(replaying(broker.cassette), 3), ['B', 'A', 'A']);
});

test('overlapping requests that match by policy alone replay in request order', async () => {
  const upstream = new Upstream();
  const project = ({ protocol }: InteractionRequest) => protocol;
  const broker = new Broker(new Cassette(), recording(upstream.respond, { project }));
  const asked = ['/1', '/2', '/3'].map((target) => request({ target }));
  const reading = asked.map((each) => read(broker.replay(each)));
  for (const [place, answer] of [
    [0, 'A'],
    [2, 'A'],
    [1, 'B'],
  ] as const) {
    (await upstream.exchange(place)).answer(answer);
    await reading[place];
  }
  const replay = new Broker(broker.cassette, { playback: 'sequence', project });
  assert.equal(await askTimes(replay, 3), ['A', 'B', 'A']);
});

const POLLS: readonly (readonly [story: string, kept: number])[] = [
  ['A', 1],
  ['A A A', 1],
  ['A B', 2],
  ['A A B', 2],
  ['A A B A', 3],
  ['A B B B A A C', 4],
  ['A A A B B A A A C C', 4],
];

for (const [story, kept] of POLLS) {
  test(`equal consecutive recordings collapse: ${story} is kept as ${kept}`, async () => {
    const answers = story.split(' ');
    const store = new TestStore();
    const broker = await Broker.fromStore(store, recording(answering(...answers)));
    assert.equal(await askTimes(broker, answers.length), answers);
    assert.is(store.stored.size, kept);
    const last = answers.at(-1) as string;
    for (const cassette of [broker.cassette, reloaded(store.stored)]) {
      assert.equal(await askTimes(replaying(cassette), answers.length + 2), [...answers, last, last]);
    }
  });
}

test('an exchange that failed in between does not keep equal recordings from collapsing', async () => {
  const answers: (string | Error)[] = ['A', new Error('reset'), 'A', 'A'];
  const broker = new Broker(
    new Cassette(),
    recording(async function* () {
      const answer = answers.shift();
      if (answer instanceof Error) {
        throw answer;
      }
      yield chunk(answer as string);
    }),
  );
  await ask(broker);
  await thrownBy(() => ask(broker));
  await askTimes(broker, 2);
  assert.equal(answersOf(broker.cassette), ['A']);
});

test('collapsed polls of two requests that take turns replay exactly', async () => {
  const [a, b] = [request({ target: '/a' }), request({ target: '/b' })];
  const stories = { '/a': 'P P P D D', '/b': 'x y y y x' };
  const counts = new Map<string, number>();
  const liveResponder: LiveResponder = async function* ({ target }) {
    const n = counts.get(target) ?? 0;
    counts.set(target, n + 1);
    yield chunk(stories[target as '/a' | '/b'].split(' ')[n] as string);
  };
  const broker = new Broker(new Cassette(), recording(liveResponder));
  for (let n = 0; n < 5; n++) {
    await ask(broker, a);
    await ask(broker, b);
  }
  assert.is(broker.cassette.size, 5);
  const replay = replaying(reloaded(broker.cassette));
  assert.is((await askTimes(replay, 5, b)).join(' '), stories['/b']);
  assert.is((await askTimes(replay, 5, a)).join(' '), stories['/a']);
});

const UNEQUAL: readonly (readonly [
  name: string,
  answers: readonly (readonly (readonly [data: string, metadata: MetadataPair[]])[])[],
])[] = [
  ['metadata', [[['x', [['status_code', '202']]]], [['x', [['status_code', '200']]]]]],
  [
    'chunk boundaries',
    [
      [
        ['ab', []],
        ['c', []],
      ],
      [
        ['a', []],
        ['bc', []],
      ],
    ],
  ],
  [
    'the number of chunks',
    [
      [['x', []]],
      [
        ['x', []],
        ['', []],
      ],
    ],
  ],
];

for (const [name, answers] of UNEQUAL) {
  test(`answers that differ in ${name} do not collapse`, async () => {
    let n = 0;
    const liveResponder: LiveResponder = async function* () {
      for (const [sequence, [data, metadata]] of (answers[n++] ?? []).entries()) {
        yield chunk(data, sequence, metadata);
      }
    };
    const broker = new Broker(new Cassette(), recording(liveResponder));
    await askTimes(broker, 2);
    assert.is(broker.cassette.size, 2);
  });
}

test('a whole answer does not collapse into an equal one that was cut off', async () => {
  const upstream = new Upstream();
  const store = new TestStore();
  const broker = await Broker.fromStore(store, recording(upstream.respond));
  const abort = new AbortController();
  const iterator = iteratorOf(broker.replay(request(), { signal: abort.signal }));
  const first = next(iterator);
  (await upstream.exchange(0)).send('same');
  await first;
  abort.abort();
  await store.saved(1);
  const second = read(broker.replay(request()));
  (await upstream.exchange(1)).answer('same');
  await second;
  assert.equal(
    store.stored.interactions.map(({ recording: { truncated } }) => truncated),
    [true, false],
  );
});

test('auto records the whole story of a poll against a fresh cassette, and replays it afterwards', async () => {
  const store = new TestStore();
  const story = ['pending', 'pending', 'running', 'done'];
  const liveResponder = answering(...story);
  const options = { mode: 'auto', playback: 'sequence', liveResponder } as const;
  const broker = await Broker.fromStore(store, { ...options, session: sessionOf('1') });
  assert.equal(await askTimes(broker, 4), story);
  assert.is(liveResponder.requests.length, 4);
  const later = await Broker.fromStore(store, { ...options, session: sessionOf('2') });
  assert.equal(await askTimes(later, 6), [...story, 'done', 'done']);
  assert.is(liveResponder.requests.length, 4);
  assert.is(later.stats.recorded, 0);
});

test('auto forwards what this session began, and replays what an earlier one recorded', async () => {
  const known = interaction(request(), ['known'], [['session', 'earlier']]);
  const liveResponder = answering('1', '2');
  const broker = new Broker(cassetteOf(known), {
    mode: 'auto',
    playback: 'sequence',
    liveResponder,
    session: sessionOf('now'),
  });
  const fresh = request({ target: '/fresh' });
  assert.equal([await ask(broker, fresh), await ask(broker), await ask(broker, fresh)], ['1', 'known', '2']);
});

async function hitInTurn(
  broker: Broker,
  asked: InteractionRequest,
  turn = broker.takeTurn(asked),
): Promise<string> {
  await broker.inTurn(asked, turn);
  const hit = broker.lookup(asked);
  turn.done();
  return text(hit?.responseChunks[0]?.data ?? bytes('MISS'));
}

test('requests whose bodies arrive in another order are answered in the order of their dispatch', async () => {
  const cassette = cassetteOf(...['1', '2', '3'].map((answer) => interaction(request(), [answer])));
  const broker = replaying(cassette);
  const [first, second, third] = [
    broker.takeTurn(request()),
    broker.takeTurn(request()),
    broker.takeTurn(request()),
  ];
  const thirdHit = hitInTurn(broker, request(), third);
  assert.ok(await isPending(thirdHit));
  const secondHit = hitInTurn(broker, request(), second);
  assert.ok(await isPending(secondHit));
  const firstHit = hitInTurn(broker, request(), first);
  assert.equal(await Promise.all([firstHit, secondHit, thirdHit]), ['1', '2', '3']);
  assert.is(broker.mustQueue(request()), false);
});

test('a request whose body never arrives holds up only its like, and only until it gives up', async () => {
  const other = request({ target: '/other' });
  const cassette = cassetteOf(
    ...['1', '2'].map((answer) => interaction(request(), [answer])),
    ...['3', '4'].map((answer) => interaction(other, [answer])),
  );
  const broker = replaying(cassette);
  const stuck = broker.takeTurn(request());
  const behind = hitInTurn(broker, request());
  assert.ok(broker.mustQueue(request()));
  assert.is(await hitInTurn(broker, other), '3');
  assert.ok(await isPending(behind));
  stuck.done();
  assert.is(await behind, '1');
});

test.run();
