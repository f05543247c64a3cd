import * as assert from 'uvu/assert';
import { type Latency, paceOf } from '../../src/core/pace.js';
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
    assert.equal(
      due.map((_, part) => pace?.(part, PARTS)),
      due,
    );
  });
}

test('no latency is no pace', () => {
  assert.is(paceOf('none', recording()), undefined);
  assert.is(paceOf(0, recording()), undefined);
});

test('a recording that does not say how long it took takes no time', () => {
  assert.is(paceOf('recorded', recording())?.(0, 1), 0);
  assert.is(paceOf('recorded', recording(['answered_after_ms', '1e9']))?.(0, 1), 0);
  assert.is(paceOf('recorded', recording(['answered_after_ms', '-5']))?.(0, 1), 0);
});

test.run();
