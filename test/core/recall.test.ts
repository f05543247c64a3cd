import * as assert from 'uvu/assert';
import { type Policy, plainPolicy } from '../../src/core/policy.js';
import { Recall } from '../../src/core/recall.js';
import { headOf } from '../../src/core/stored-interaction.js';
import { HttpPolicy, type HttpPolicyOptions } from '../../src/http/policy.js';
import { Cassette, type Interaction, type MetadataPair } from '../../src/index.js';
import { ArraySource } from '../support/array-source.js';
import { suite } from '../support/suite.js';
import { interaction, request, text } from './harness.js';

const test = suite('recall');

const byTarget = plainPolicy(({ target }) => target);

/** A recording of this target, in this lane of this session. */
function recorded(target: string, answer: string, session = 's', lane = '1'): Interaction {
  const metadata: MetadataPair[] = [
    ['session', session],
    ['lane', lane],
  ];
  return interaction(request({ target }), [answer], metadata);
}

function recallOf(
  policy: Policy,
  interactions: readonly Interaction[],
  playback = 'sequence',
  entry = 0,
): Recall {
  return new Recall(policy, playback as 'sequence', new Cassette(interactions), entry);
}

/** Adds what this run records. */
function add(recall: Recall, one: Interaction): void {
  recall.addRecorded(recall.exactly(one.request), one);
}

const answerOf = (one: Interaction) => text(one.responseChunks[0]?.data as Uint8Array);

function answers(recall: Recall, ...targets: string[]): (string | undefined)[] {
  return targets.map((target) => {
    const { key, story } = recall.find(request({ target }));
    return story && answerOf(recall.take(key, story));
  });
}

const unused = (recall: Recall) => recall.unused().map(answerOf);

test('what was taken is used; looking for something uses nothing', () => {
  const recall = recallOf(byTarget, [recorded('a', 'a1'), recorded('b', 'b1')]);
  recall.find(request({ target: 'a' }));
  assert.equal(unused(recall), ['a1', 'b1']);
  assert.equal(answers(recall, 'a', 'c'), ['a1', undefined]);
  assert.equal(unused(recall), ['b1']);
});

test('of a story each part is used by itself', () => {
  const recall = recallOf(byTarget, [recorded('a', 'a1'), recorded('a', 'a2'), recorded('a', 'a3')]);
  assert.equal(answers(recall, 'a', 'a'), ['a1', 'a2']);
  assert.equal(unused(recall), ['a3']);
  assert.equal(answers(recall, 'a', 'a'), ['a3', 'a3']);
  assert.equal(unused(recall), []);
});

test('with playback first only the first recording can be unused', () => {
  const recall = recallOf(byTarget, [recorded('a', 'a1'), recorded('a', 'a2')], 'first');
  assert.equal(unused(recall), ['a1']);
  assert.equal(answers(recall, 'a', 'a'), ['a1', 'a1']);
  assert.equal(unused(recall), []);
});

test('what this run has recorded is used', () => {
  const recall = recallOf(byTarget, [recorded('a', 'a1')]);
  add(recall, recorded('b', 'b1', 'now'));
  assert.equal(unused(recall), ['a1']);
});

test('what a newer session replaced is not unused', () => {
  const recall = recallOf(byTarget, [recorded('a', 'old', 'earlier'), recorded('a', 'fresh', 'later')]);
  assert.equal(unused(recall), ['fresh']);
});

test('an entry is to use its own lane, and no other', () => {
  const lanes = [
    recorded('a', 'first', 's', '1'),
    recorded('a', 'second', 's', '2'),
    recorded('b', 'b', 's', '2'),
  ];
  assert.equal(unused(recallOf(byTarget, lanes, 'sequence', 0)), ['first']);
  assert.equal(unused(recallOf(byTarget, lanes, 'sequence', 1)), ['second', 'b']);
  assert.equal(unused(recallOf(byTarget, lanes, 'sequence', 2)), ['first']);
});

// Keys with open places: "?" in a target stands for any one letter.

const open: Policy = {
  ...byTarget,
  isOpen: (key) => key.includes('?'),
  resembles: (key, other) =>
    key.length === other.length &&
    [...key].every((letter, at) => letter === other[at] || letter === '?' || other[at] === '?'),
};

test('a recording with open places answers what fits in, and so the other way round', () => {
  const recall = recallOf(open, [recorded('a?', 'open'), recorded('bc', 'closed')]);
  assert.equal(answers(recall, 'ax', 'ay', 'b?', 'bd', 'axx'), [
    'open',
    'open',
    'closed',
    undefined,
    undefined,
  ]);
  assert.equal(unused(recall), []);
});

test('an exact recording comes before one that resembles', () => {
  const recall = recallOf(open, [recorded('a?', 'open'), recorded('ax', 'exact')]);
  assert.equal(answers(recall, 'ax', 'ay'), ['exact', 'open']);
});

test('where several resemble, none answers', () => {
  const recall = recallOf(open, [recorded('a?', 'one'), recorded('?x', 'two')]);
  assert.equal(answers(recall, 'ax', 'ay'), [undefined, 'one']);
});

test('what is recorded later is found too', () => {
  const recall = recallOf(open, []);
  assert.equal(answers(recall, 'ax'), [undefined]);
  add(recall, recorded('a?', 'open'));
  assert.equal(answers(recall, 'ax'), ['open']);
});

test('two closed keys are never compared', () => {
  const policy: Policy = { ...open, resembles: () => assert.unreachable('compared') as never };
  const recall = recallOf(policy, [recorded('a', 'a1'), recorded('b', 'b1')]);
  assert.equal(answers(recall, 'c', 'a'), [undefined, 'a1']);
});

test('a policy that has learned is asked once more, after a search that found nothing', () => {
  let knows = false;
  const learning: Policy = {
    ...byTarget,
    request: (one) => (knows ? { ...one, target: one.target.replace('secret', 'hidden') } : one),
    refresh: () => {
      knows = true;
      return true;
    },
  };
  const recall = recallOf(learning, [recorded('hidden', 'found'), recorded('plain', 'plain')]);
  assert.equal(answers(recall, 'plain'), ['plain']);
  assert.is(knows, false);
  assert.equal(answers(recall, 'secret'), ['found']);
});

test('values of this run are looked up as those that were recorded', () => {
  const policy: Policy = {
    ...byTarget,
    variables: {
      learn: () => new Map(),
      asRecorded: (one) => ({ ...one, target: one.target.replace('now', 'then') }),
      substitute: (chunks) => chunks,
    },
  };
  const recall = recallOf(policy, [recorded('then', 'recorded')]);
  assert.equal(answers(recall, 'now'), ['recorded']);
  assert.is(recall.find(request({ target: 'now' })).request.target, 'now');
});

test('known tells of each recording whether it was used', () => {
  const interactions = [recorded('a', 'a1'), recorded('b', 'b1')];
  const recall = recallOf(byTarget, interactions);
  answers(recall, 'b');
  assert.equal(
    recall.known(interactions).map(({ request: { target }, used }) => [target, used]),
    [
      ['a', false],
      ['b', true],
    ],
  );
});

// What is read of a cassette that stands elsewhere.

const SITE = 'http://h';

const http = (options: HttpPolicyOptions = {}) => new HttpPolicy(options);

function recallOn(policy: Policy, targets: readonly string[], session = 's'): [Recall, ArraySource] {
  const source = new ArraySource(targets.map((target) => recorded(`${SITE}${target}`, target, session)));
  return [new Recall(policy, 'sequence', Cassette.on(source), 0), source];
}

const ask = (recall: Recall, ...targets: string[]) =>
  answers(recall, ...targets.map((one) => `${SITE}${one}`));

test('a look-up reads what is recorded at its address, and nothing else', () => {
  const [recall, source] = recallOn(http(), ['/a', '/b?n=1', '/b?n=2', '/b/c']);
  assert.equal(ask(recall, '/b?n=2'), ['/b?n=2']);
  assert.is(source.given.size, 1);
  assert.equal(ask(recall, '/%61', '/b?n=1&'), ['/a', '/b?n=1']);
  assert.is(source.given.size, 3);
});

test('what nobody has recorded reads nothing', () => {
  const [recall, source] = recallOn(http(), ['/a', '/b?n=1', '/b?n=2']);
  assert.equal(ask(recall, '/c', '/b', '/b?n=3', '/c'), [undefined, undefined, undefined, undefined]);
  assert.is(source.given.size, 0);
});

test('where the query does not count, or not all of it, the path is read', () => {
  for (const options of [{ match: { query: { ignore: ['t'] } } }, { vary: ['query:t'] }]) {
    const [recall, source] = recallOn(http(options), ['/a?t=1', '/a?n=1&t=1', '/b?t=1']);
    assert.equal(ask(recall, '/a?t=2'), ['/a?t=1']);
    assert.is(source.given.size, 2);
  }
});

test('a secret in the query reads the path, and one in the path reads everything', () => {
  const [recall, source] = recallOn(http(), ['/a?api_key=REDACTED', '/a?n=1', '/b', '/of/REDACTED']);
  assert.equal(ask(recall, '/a?api_key=9182736455a'), ['/a?api_key=REDACTED']);
  // What has a placeholder in its path is read once.
  assert.is(source.given.size, 3);
  assert.equal(ask(recall, '/of/sk-proj-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z'), ['/of/REDACTED']);
  assert.is(source.given.size, 4);
});

test('where the address does not count, everything is read', () => {
  for (const options of [
    { match: { url: false } },
    { vary: ['path:0'] },
    { redact: { custom: (text: string) => text } },
  ]) {
    const [recall, source] = recallOn(http(options), ['/a', '/b']);
    ask(recall, '/c');
    assert.is(source.given.size, 2);
  }
});

test('what this run has replaced is found without reading anything more', () => {
  const [recall, source] = recallOn(http(), ['/a', '/b', '/a']);
  add(recall, recorded(`${SITE}/a`, 'anew', 'now'));
  add(recall, recorded(`${SITE}/c`, 'new', 'now'));
  const places = recall.replaced();
  assert.is(source.given.size, 2);
  assert.equal(places.length, 2);
  assert.equal(
    source
      .all()
      .filter(({ place }) => places.includes(place))
      .map(({ entry }) => headOf(entry).target),
    [`${SITE}/a`, `${SITE}/a`],
  );
});

test('an entry follows its lane there, too', () => {
  const source = new ArraySource([
    recorded(`${SITE}/b`, 'of another lane', 's', '1'),
    recorded(`${SITE}/a`, 'first', 's', '1'),
    recorded(`${SITE}/a`, 'second', 's', '2'),
  ]);
  const recall = new Recall(http(), 'sequence', Cassette.on(source), 1);
  assert.equal(ask(recall, '/a'), ['second']);
  assert.is(source.given.size, 2);
});

test('a recording of another address is no kin, whatever was looked up before', () => {
  // Recorded before its path was known to hold a secret: it is hidden only now.
  const policy = http({ redact: { values: ['tok/en'] } });
  const recall = recallOf(policy, [recorded(`${SITE}/tok/en`, 'hidden'), recorded(`${SITE}/b`, 'b')]);
  assert.equal(ask(recall, '/x'), [undefined]);
  assert.equal(ask(recall, '/tok/en', '/y'), ['hidden', undefined]);
});

for (const [title, state, keyed] of [
  ['is not keyed once more where the policy says the same each time', () => 0, ['a', 'b']],
  ['is keyed where nobody knows whether it does', () => undefined, ['a', 'a', 'b', 'b']],
] as const) {
  test(`a recording of the very request that is asked for ${title}`, () => {
    const keys: string[] = [];
    const policy: Policy = {
      ...byTarget,
      get state() {
        return state();
      },
      group: ({ target }) => target,
      key({ target }) {
        keys.push(target);
        return target;
      },
    };
    const recall = recallOf(policy, [recorded('a', 'a1'), recorded('b', 'b1')]);
    assert.equal(answers(recall, 'a', 'b'), ['a1', 'b1']);
    assert.equal(keys, keyed);
  });
}

test('a secret that a look-up brings to light is looked for in the recordings, too', () => {
  let known = 0;
  const policy: Policy = {
    ...byTarget,
    get state() {
      return known;
    },
    request(request) {
      known = Math.max(known, request.target === 'teaches' ? 1 : 0);
      return known > 0 ? { ...request, target: request.target.replace('secret', 'REDACTED') } : request;
    },
    refresh: () => known > 0,
  };
  const recall = recallOf(policy, [recorded('teaches', '1'), recorded('secret', '2')]);
  assert.equal(answers(recall, 'secret', 'secret'), ['2', '2']);
});

test.run();
