import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { JsonFileCassetteStore } from '../../src/index.js';
import { cassetteOf, namesIn } from '../support/interactions.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

// What a first load had read was still taken for the file's content after a second one that found no file.
const test = suite('regression: a cassette that is loaded again after its file was deleted');

test('comes back with what is saved then, and nothing of before', async () => {
  const file = join(tempFolder(), 'cassette.json');
  await new JsonFileCassetteStore(file, { createIfMissing: true }).save(cassetteOf('old'));
  const store = new JsonFileCassetteStore(file, { createIfMissing: true });
  await store.load();
  rmSync(file);
  const empty = await store.load();
  assert.is(empty.size, 0);
  await store.save(cassetteOf('new'), empty);
  assert.equal(namesIn(await new JsonFileCassetteStore(file).load()), ['new']);
});

test.run();
