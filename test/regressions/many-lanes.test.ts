import * as assert from 'uvu/assert';
import { Lanes } from '../../src/core/lanes.js';
import { suite } from '../support/suite.js';

const test = suite('a session of very many lanes');

test('an entry follows the lane of its number', () => {
  const recordings = Array.from({ length: 200_000 }, (_, index) => ({
    metadata: [
      ['session', 's'],
      ['lane', String(index + 1)],
    ] as const,
  }));
  assert.is(new Lanes(7, recordings).of('s')[0], '8');
});

test.run();
