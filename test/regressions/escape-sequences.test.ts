import { inspect } from 'node:util';
import * as assert from 'uvu/assert';
import {
  Cassette,
  CassetteLoadError,
  MemoryCassetteStore,
  parseCassette,
  printCassette,
  withCassette,
} from '../../src/index.js';
import { failure } from '../support/failure.js';
import { interaction } from '../support/interactions.js';
import { suite } from '../support/suite.js';

const test = suite('regression: escape sequences of a cassette in messages');

const SEQUENCE = '\x1b]0;title\x07\x1b[2J\x9b31m\u202e\r';
const RAW = /(?!\n)[\p{Cc}\p{Bidi_Control}]/u;

for (const [where, target, action] of [
  ['URL', `http://api.test/things${SEQUENCE}`, 'GET'],
  ['method', 'http://api.test/things', `GET${SEQUENCE}`],
] as const) {
  test(`a MISS whose nearest recording has some in its ${where}`, async () => {
    const store = new MemoryCassetteStore();
    await store.save(new Cassette([interaction({ target, action })]));
    const use = () => fetch('http://api.test/thing');
    const error = await failure(TypeError, () => withCassette({ store, mode: 'replay' }, use));
    const { message, stack } = error.cause as Error;
    assert.match(message, '\\u001b]0;title\\u0007');
    assert.not.match(message, RAW);
    assert.not.match(stack ?? '', RAW);
    assert.not.match(inspect(error, { depth: 9 }), '\x1b');
  });
}

test('a cassette that cannot be loaded', async () => {
  const target = `http://api.test/things${SEQUENCE}`;
  const text = printCassette(new Cassette([interaction({ target })])).replace('"GET"', '"PUT"');
  const error = await failure(CassetteLoadError, () => parseCassette(text, 'a file').interactions);
  assert.match(error.message, 'things\\u001b]0;title');
  assert.not.match(error.message, RAW);
  assert.not.match(inspect(error), RAW);
});

test('a cassette that is no JSON', async () => {
  const error = await failure(CassetteLoadError, () =>
    parseCassette(`{"interposition":${SEQUENCE}`, 'a file'),
  );
  assert.instance(error.cause, SyntaxError);
  assert.not.match(inspect(error), RAW);
});

test.run();
