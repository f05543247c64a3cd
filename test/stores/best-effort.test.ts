import * as assert from 'uvu/assert';
import {
  BestEffortCassetteStore,
  Cassette,
  CassetteLoadError,
  MemoryCassetteStore,
} from '../../src/index.js';
import { storeContract } from '../contract/store-contract.js';
import { failure } from '../support/failure.js';
import { FickleStore } from '../support/fickle-store.js';
import { named, namesIn } from '../support/interactions.js';
import { suite } from '../support/suite.js';

const test = suite('BestEffortCassetteStore');

storeContract(test, {
  make: (options) => new BestEffortCassetteStore(new MemoryCassetteStore(options)),
  reopen: (store) => store,
  exists: () => false,
});

for (const form of ['save', 'saveSync'] as const) {
  test(`${form}: a failure is reported and not thrown, and the next save stores what was left`, async () => {
    const inner = new FickleStore();
    const reported: unknown[] = [];
    const store = new BestEffortCassetteStore(inner, { report: (error) => reported.push(error) });
    const empty = new Cassette();
    const a = empty.append(named('a'));
    const b = a.append(named('b'));
    inner.failures = 1;
    await store[form]?.(a, empty);
    assert.equal(
      reported.map((error) => (error as Error).message),
      ['not now'],
    );
    assert.is((await inner.load()).size, 0);
    await store[form]?.(b, a);
    assert.equal(namesIn(await inner.load()), ['a', 'b']);
    assert.is(reported.length, 1);
  });
}

test('a flush tries once more', async () => {
  const inner = new FickleStore();
  const store = new BestEffortCassetteStore(inner, { report: () => {} });
  inner.failures = 1;
  await store.save(new Cassette([named('a')]));
  await store.flush();
  assert.equal(namesIn(await inner.load()), ['a']);
});

test('a cassette that cannot be loaded is an error all the same', async () => {
  await failure(CassetteLoadError, () => new BestEffortCassetteStore(new MemoryCassetteStore()).load());
});

test.run();
