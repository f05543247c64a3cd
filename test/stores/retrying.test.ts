import * as assert from 'uvu/assert';
import { InvalidOptionError, MemoryCassetteStore, RetryingCassetteStore } from '../../src/index.js';
import { storeContract } from '../contract/store-contract.js';
import { failure } from '../support/failure.js';
import { FickleStore } from '../support/fickle-store.js';
import { cassetteOf, namesIn } from '../support/interactions.js';
import { suite } from '../support/suite.js';

const test = suite('RetryingCassetteStore');

storeContract(test, {
  make: (options) => new RetryingCassetteStore(new MemoryCassetteStore(options)),
  reopen: (store) => store,
  exists: () => false,
});

test('tries again what failed, and the caller hears nothing of it', async () => {
  const inner = new FickleStore();
  const store = new RetryingCassetteStore(inner, { attempts: 3, backoffMs: 1 });
  inner.failures = 2;
  await store.save(cassetteOf('a'));
  assert.is(inner.tried, 3);
  inner.failures = 2;
  store.saveSync?.(cassetteOf('a', 'b'));
  assert.equal(namesIn(await store.load()), ['a', 'b']);
});

test('gives up after the last attempt, with its error', async () => {
  const inner = new FickleStore();
  const store = new RetryingCassetteStore(inner, { attempts: 2, backoffMs: 1 });
  for (const save of [() => store.save(cassetteOf('a')), () => store.saveSync?.(cassetteOf('a'))]) {
    inner.tried = 0;
    inner.failures = 9;
    assert.match((await failure(Error, async () => save())).message, 'not now');
    assert.is(inner.tried, 2);
  }
});

test('what is saved later does not overtake what is tried again', async () => {
  const inner = new FickleStore();
  const store = new RetryingCassetteStore(inner, { backoffMs: 5 });
  inner.failures = 1;
  await Promise.all([store.save(cassetteOf('a')), store.save(cassetteOf('a', 'b'))]);
  assert.equal(namesIn(await inner.load()), ['a', 'b']);
});

test('options that cannot be used are errors', async () => {
  for (const options of [{ attempts: 0 }, { attempts: 1.5 }, { backoffMs: -1 }, { backoffMs: Number.NaN }]) {
    await failure(InvalidOptionError, async () => new RetryingCassetteStore(new FickleStore(), options));
  }
});

test.run();
