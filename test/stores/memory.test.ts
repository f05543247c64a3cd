import * as assert from 'uvu/assert';
import { MemoryCassetteStore } from '../../src/index.js';
import { storeContract } from '../contract/store-contract.js';
import { cassetteOf, named, namesIn } from '../support/interactions.js';
import { suite } from '../support/suite.js';

const test = suite('MemoryCassetteStore');

storeContract(test, {
  make: (options) => new MemoryCassetteStore(options),
  reopen: (store) => store,
  // Nothing outside of it ever does.
  exists: () => false,
});

test('a cassette that is appended to after its save stays as it was saved', async () => {
  const store = new MemoryCassetteStore();
  const cassette = cassetteOf('a');
  await store.save(cassette);
  assert.is(cassette.append(named('b')).size, 2);
  assert.equal(namesIn(await store.load()), ['a']);
});

test.run();
