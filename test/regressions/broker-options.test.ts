import * as assert from 'uvu/assert';
import {
  Broker,
  type BrokerOptions,
  Cassette,
  InvalidOptionError,
  MemoryCassetteStore,
} from '../../src/index.js';
import { failure } from '../support/failure.js';
import { suite } from '../support/suite.js';

// It was ignored: a misspelt `redact` left secrets in the cassette, a misspelt `mode` replayed.
const test = suite('regression: an option that a Broker does not have');

const misspelt = { redacted: { headers: ['x-key'] } } as BrokerOptions;

test('is refused by the constructor, with the one that was meant', async () => {
  const { option, message } = await failure(InvalidOptionError, () => new Broker(new Cassette(), misspelt));
  assert.is(option, 'redacted');
  assert.match(message, 'did you mean "redact"?');
});

test('is refused by fromStore, before anything is loaded', async () => {
  const store = new MemoryCassetteStore();
  const { option } = await failure(InvalidOptionError, () => Broker.fromStore(store, misspelt));
  assert.is(option, 'redacted');
});

for (const option of ['project', 'shouldRecord', 'liveResponder']) {
  test(`that is no function, where it is to be one, is refused: ${option}`, async () => {
    const options = { [option]: 'text' } as BrokerOptions;
    const error = await failure(InvalidOptionError, () => new Broker(new Cassette(), options));
    assert.is(error.option, option);
  });
}

test.run();
