import * as assert from 'uvu/assert';
import { RequestMemo } from '../../src/core/memo.js';
import { type Policy, plainPolicy } from '../../src/core/policy.js';
import { Recall } from '../../src/core/recall.js';
import { Cassette, type InteractionRequest } from '../../src/index.js';
import { suite } from '../support/suite.js';
import { bytes, interaction, request } from './harness.js';

const test = suite('requests that were asked before');

const asked = request({ action: 'POST', headers: [['a', '1']], body: bytes('hello') });

const others: Record<string, Partial<InteractionRequest>> = {
  'another method': { action: 'PUT' },
  'another target': { target: `${asked.target}?` },
  'another body': { body: bytes('hellO') },
  'no body': { body: new Uint8Array() },
  'its body in the target': { target: `${asked.target}\nhello`, body: new Uint8Array() },
  'another value': { headers: [['a', '2']] },
  'another name': { headers: [['b', '1']] },
  'the header twice': {
    headers: [
      ['a', '1'],
      ['a', '1'],
    ],
  },
  'no header': { headers: [] },
};

for (const [name, change] of Object.entries(others)) {
  test(`${name} is another request`, () => {
    const memo = new RequestMemo<string>();
    memo.set(asked, 'the first');
    const other = { ...asked, ...change };
    assert.is(memo.get(other), undefined);
    memo.set(other, 'the other');
    assert.is(memo.get(other), 'the other');
    assert.is(memo.get({ ...asked, body: bytes('hello'), headers: [['a', '1']] }), 'the first');
  });
}

test('what becomes known of requests without end does not fill the memory', () => {
  const memo = new RequestMemo<string>();
  const numbered = (n: number) => request({ body: bytes(`${n} ${'x'.repeat(40_000)}`) });
  for (let n = 0; n < 1000; n++) {
    memo.set(numbered(n), `${n}`);
  }
  const kept = Array.from({ length: 1000 }, (_, n) => memo.get(numbered(n))).filter(
    (value) => value !== undefined,
  );
  assert.is(kept.at(-1), '999');
  assert.ok(kept.length < 300, `${kept.length} of 1000 bodies of 40 kB are kept`);
});

function countedPolicy(policy: Partial<Policy>): { policy: Policy; calls: () => number } {
  let calls = 0;
  const plain = plainPolicy(({ target }) => target);
  return {
    policy: Object.defineProperties(plain, {
      key: {
        value: ({ target }: InteractionRequest) => {
          calls++;
          return target;
        },
      },
      ...Object.getOwnPropertyDescriptors(policy),
    }),
    calls: () => calls,
  };
}

test('a recording that is added answers a request that was asked before', () => {
  const { policy } = countedPolicy({});
  const recall = new Recall(policy, 'sequence', new Cassette([interaction(asked, ['one'])]), 0);
  assert.is(recall.find(asked).story?.lane('', '').length, 1);
  recall.addRecorded(recall.exactly(asked), interaction(asked, ['two']));
  assert.is(recall.find(asked).story?.lane('', '').length, 2);
  const late = request({ target: 'https://late.example' });
  assert.is(recall.find(late).story, undefined);
  recall.addRecorded(recall.exactly(late), interaction(late, ['late']));
  assert.ok(recall.find(late).story);
});

test('the policy is asked once, until its state is another one', () => {
  let state = 0;
  const { policy, calls } = countedPolicy({
    get state() {
      return state;
    },
  });
  const recall = new Recall(policy, 'sequence', new Cassette([interaction(asked, ['one'])]), 0);
  recall.find(asked);
  const first = calls();
  recall.find(asked);
  assert.is(calls(), first);
  state++;
  recall.find(asked);
  assert.is(calls(), first + 1);
});

test('a policy that has no state is asked each time', () => {
  const { policy, calls } = countedPolicy({ state: undefined });
  const recall = new Recall(policy, 'sequence', new Cassette([interaction(asked, ['one'])]), 0);
  recall.find(asked);
  const first = calls();
  recall.find(asked);
  assert.is(calls(), first + 1);
});

test.run();
