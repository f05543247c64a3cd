import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as assert from 'uvu/assert';
import { IterableWeakSet } from '../../src/core/iterable-weak-set.js';
import { suite } from '../support/suite.js';

const test = suite('a set that keeps nothing from being collected');

test('what is still there comes once, in the order in which it was added; what is gone does not', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const set = new IterableWeakSet<{ readonly name: string }>();
  const kept = [{ name: 'a' }, { name: 'b' }] as const;
  const add = () => {
    for (const one of [kept[0], { name: 'gone' }, kept[1], kept[0]]) {
      set.add(one);
    }
  };
  add();
  // A WeakRef keeps its object to the end of the turn that it was made in.
  await new Promise(setImmediate);
  collect();
  assert.equal([...set], [...kept]);
});

test.run();
