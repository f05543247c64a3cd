import {
  BestEffortCassetteStore,
  BufferedCassetteStore,
  type CassetteStore,
  RetryingCassetteStore,
} from '../../../src/index.js';
import { KeyValueCassetteStore, type KeyValueStorage } from '../../../src/stores/key-value/store.js';
import { storeContract } from '../../contract/store-contract.js';
import { storageKinds } from '../../support/storages.js';
import { suite } from '../../support/suite.js';

interface Wrapping {
  readonly name: string;
  wrap(store: CassetteStore): CassetteStore;
  /** For others it is there only after a flush. */
  readonly isSeenByItself?: boolean;
}

const WRAPPINGS: readonly Wrapping[] = [
  { name: 'alone', wrap: (store) => store },
  { name: 'buffered', wrap: (store) => new BufferedCassetteStore(store), isSeenByItself: true },
  { name: 'retried', wrap: (store) => new RetryingCassetteStore(store) },
  { name: 'with best effort', wrap: (store) => new BestEffortCassetteStore(store) },
];

for (const kind of await storageKinds()) {
  for (const { name, wrap, isSeenByItself = false } of WRAPPINGS) {
    const test = suite(`KeyValueCassetteStore on ${kind.name}, ${name}, keeps the contract`);
    const storages = new WeakMap<CassetteStore, KeyValueStorage>();
    const open = (storage: KeyValueStorage, options = {}) => {
      const store = wrap(
        new KeyValueCassetteStore(storage, { location: `${kind.name}://there`, ...options }),
      );
      storages.set(store, storage);
      return store;
    };
    const storageOf = (store: CassetteStore) => storages.get(store) as KeyValueStorage;
    if (kind.unable === undefined) {
      storeContract(test, {
        make: (options) => open(kind.next(), options),
        reopen: (store) => (isSeenByItself ? store : open(storageOf(store))),
        exists: async (store) => (await storageOf(store).getKeys()).length > 0,
      });
    } else {
      test.skipUnless(false, kind.unable)('all of it', () => {});
    }
    if (name === WRAPPINGS.at(-1)?.name) {
      test.after(() => kind.end());
    }
    test.run();
  }
}
