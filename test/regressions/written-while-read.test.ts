import { createStorage, type Storage } from 'unstorage';
import * as assert from 'uvu/assert';
import { KeyValueCassetteStore } from '../../src/stores/key-value/store.js';
import { cassetteOf, namesIn } from '../support/interactions.js';
import { suite } from '../support/suite.js';

const test = suite('a cassette in a storage of files that others write into');

const SAVES = 20;

test('loads, although each list of its keys meets another value that is half written', async () => {
  const storage = createStorage();
  const recorded = Array.from({ length: SAVES }, (_, index) => String(index));
  await new KeyValueCassetteStore(storage, { createIfMissing: true }).save(cassetteOf(...recorded));
  const keys = (await storage.getKeys()).sort().slice(0, SAVES);
  let lists = 0;
  const shown = Object.assign(Object.create(storage) as Storage, {
    getKeys: async () => {
      lists += 1;
      return ['interposition', ...keys.slice(0, lists)];
    },
    getItems: async (names: readonly string[]) => {
      const items = await storage.getItems([...names]);
      return items.map(({ key, value }) => ({
        key,
        value: key === keys[lists - 1] && lists < SAVES ? '' : value,
      }));
    },
  });
  assert.equal(namesIn(await new KeyValueCassetteStore(shown).load()), recorded);
});

test.run();
