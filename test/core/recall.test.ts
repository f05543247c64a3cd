import * as assert from 'uvu/assert';
import { type Policy, plainPolicy } from '../../src/core/policy.js';
import { Recall } from '../../src/core/recall.js';
import type { Interaction, MetadataPair } from '../../src/index.js';
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
  return new Recall(policy, playback as 'sequence', interactions, entry);
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

test.run();
