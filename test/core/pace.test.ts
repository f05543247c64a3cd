import * as assert from 'uvu/assert';
import { type Latency, paceOf, unevenTimes } from '../../src/core/pace.js';
import type { MetadataPair } from '../../src/index.js';
import { suite } from '../support/suite.js';
import { interaction, request } from './harness.js';

const test = suite('the pace of a replay');

const recording = (...metadata: MetadataPair[]) => interaction(request(), ['x'], metadata);
const PARTS = 4;

type Row = readonly [latency: Latency, answeredAfterMs: number, endedAfterMs: number, due: readonly number[]];

const ROWS: readonly Row[] = [
  [250, 10, 50, [250, 250, 250, 250, 250]],
  ['recorded', 100, 500, [100, 200, 300, 400, 500]],
  ['recorded', 100, 100, [100, 100, 100, 100, 100]],
  ['recorded', 0, 0, [0, 0, 0, 0, 0]],
  // Edited by hand: the end before the beginning.
  ['recorded', 100, 50, [100, 100, 100, 100, 100]],
];

for (const [latency, answered, ended, due] of ROWS) {
  test(`latency ${latency}, answered after ${answered} ms, ended after ${ended} ms`, () => {
    const pace = paceOf(
      latency,
      recording(['answered_after_ms', String(answered)], ['ended_after_ms', String(ended)]),
    );
    const chunks = Array.from({ length: PARTS }, (_, index) => pace?.chunk(index, PARTS));
    assert.is(pace?.head, due[0]);
    assert.equal([...chunks, pace?.end], due);
  });
}

test('the chunks are due when they came, whatever became of their number', () => {
  const times = ['answered_after_ms', 'chunks_after_ms', 'ended_after_ms'];
  const pace = paceOf(
    'recorded',
    recording(...times.map((name, n) => [name, ['5', '5 40 900', '1000'][n] as string] as const)),
  );
  const due = (count: number) => Array.from({ length: count }, (_, index) => pace?.chunk(index, count));
  assert.equal([pace?.head, due(3), pace?.end], [5, [5, 40, 900], 1000]);
  assert.equal([due(1), due(2), due(6)], [[5], [5, 40], [5, 5, 40, 40, 900, 900]]);
});

test('times that are none, as an edit may leave them, count as even', () => {
  for (const times of ['', '1 x', '1  2', '-1 5', '1.5']) {
    const pace = paceOf('recorded', recording(['chunks_after_ms', times], ['ended_after_ms', '100']));
    assert.is(pace?.chunk(1, 2), 50, times);
  }
});

test('only times that are uneven are kept', () => {
  assert.is(unevenTimes([5, 8, 14], 5, 15), undefined);
  assert.is(unevenTimes([100, 200, 300], 100, 400), undefined);
  assert.is(unevenTimes([], 0, 400), undefined);
  assert.equal(unevenTimes([5, 5, 400], 5, 405), [5, 5, 400]);
  assert.equal(unevenTimes([300], 5, 305), [300]);
});

test('no latency is no pace', () => {
  assert.is(paceOf('none', recording()), undefined);
  assert.is(paceOf(0, recording()), undefined);
});

test('a recording that does not say how long it took takes no time', () => {
  assert.is(paceOf('recorded', recording())?.head, 0);
  assert.is(paceOf('recorded', recording(['answered_after_ms', '1e9']))?.head, 0);
  assert.is(paceOf('recorded', recording(['answered_after_ms', '-5']))?.head, 0);
});

test.run();
