import * as assert from 'uvu/assert';
import { withDeadline } from '../../src/core/deadline.js';
import { suite } from '../support/suite.js';

const test = suite('deadlines');

const late = () => new Error('late');
const never = () => new Promise<never>(() => {});

function busyFor(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

test('work that settles in time gives its own outcome', async () => {
  assert.is(await withDeadline(async () => 1, 10_000, late), 1);
  const own = new Error('its own');
  const failing = withDeadline(() => Promise.reject(own), 10_000, late);
  assert.is(await failing.catch((error: unknown) => error), own);
});

test('a port that throws instead of rejecting is a rejection', async () => {
  const outcome = withDeadline(
    () => {
      throw new TypeError('thrown');
    },
    10_000,
    late,
  );
  assert.instance(await outcome.catch((error: unknown) => error), TypeError);
});

test('work that is done while the program blocked the event loop is not late', async () => {
  const work = new Promise((resolve) => setTimeout(resolve, 60, 'done'));
  const outcome = withDeadline(() => work, 50, late);
  busyFor(150);
  assert.is(await outcome, 'done');
});

test('in a program that is always busy, work that never settles is late all the same', async () => {
  let turns = 0;
  const busy = setInterval(() => {
    turns++;
    busyFor(30);
  }, 1);
  const outcome = await withDeadline(never, 60, late).catch((error: unknown) => error);
  clearInterval(busy);
  assert.is((outcome as Error).message, 'late');
  assert.ok(turns > 0);
});

test.run();
