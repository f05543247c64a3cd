import * as assert from 'uvu/assert';
import { bindScope, InvalidOptionError, withCassette } from '../../src/index.js';
import { failure } from '../support/failure.js';
import { suite } from '../support/suite.js';
import { newFolder } from '../support/ways-in.js';

// Its body ran when what it gave was iterated, outside the scope: the requests went live, in replay too.
const test = suite('regression: a generator function has no scope');

test.before.each(() => process.chdir(newFolder()));

async function* asynchronous() {
  yield 1;
}

function* synchronous() {
  yield 1;
}

const functions: Readonly<Record<string, () => unknown>> = { asynchronous, synchronous };

for (const [kind, fn] of Object.entries(functions)) {
  test(`withCassette refuses it: ${kind}`, async () => {
    const { message } = await failure(InvalidOptionError, () =>
      withCassette({ name: 'x', mode: 'record' }, fn),
    );
    assert.match(message, 'generator');
  });

  test(`bindScope refuses it: ${kind}`, async () => {
    const { message } = await failure(InvalidOptionError, () => bindScope(fn));
    assert.match(message, 'generator');
  });
}

test('one that is iterated in the scope is fine', async () => {
  const values = await withCassette({ name: 'x', mode: 'record' }, async () => {
    const all: number[] = [];
    for await (const value of asynchronous()) {
      all.push(value);
    }
    return all;
  });
  assert.equal(values, [1]);
});

test.run();
