import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { JsonFileCassetteStore } from '../../src/index.js';
import { cassetteOf, namesIn } from '../support/interactions.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

// After a merge, a store took what others had added for its own, and dropped it at its next save.
const test = suite('regression: two stores that save into one file in turn');

test('keep what the other has added, also at the second save after a merge', async () => {
  const file = join(tempFolder(), 'cassette.json');
  const a = new JsonFileCassetteStore(file, { createIfMissing: true });
  const b = new JsonFileCassetteStore(file, { createIfMissing: true });
  await a.load();
  await b.load();
  await a.save(cassetteOf('a1'));
  await b.save(cassetteOf('b1'));
  await a.save(cassetteOf('a1', 'a2'));
  await a.save(cassetteOf('a1', 'a2', 'a3'));
  await b.save(cassetteOf('b1', 'b2'));
  const names = namesIn(await new JsonFileCassetteStore(file).load());
  assert.equal([...names].sort(), ['a1', 'a2', 'a3', 'b1', 'b2']);
});

test.run();
