import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { CassetteLoadError, JsonFileCassetteStore } from '../../src/index.js';
import { SqliteCassetteStore } from '../../src/stores/sqlite.js';
import { failure } from '../support/failure.js';
import { cassetteOf } from '../support/interactions.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

// Whoever forgot "sqlite:" was told to save the database as UTF-8, and whoever gave it to a JSON file to delete that.
const test = suite('regression: a cassette that is opened as one of another kind');
const folder = tempFolder();

test('a database without "sqlite:" is told to be one', async () => {
  const file = join(folder, 'cassettes.db');
  const store = new SqliteCassetteStore(file);
  await store.save(cassetteOf('a'));
  await store.flush();
  const { message } = await failure(CassetteLoadError, () => new JsonFileCassetteStore(file).load());
  assert.match(message, `${file}: it is an SQLite database. Put "sqlite:" in front of its path.`);
});

test('a JSON file with "sqlite:" is told to be named without it', async () => {
  const file = join(folder, 'cassette.json');
  await new JsonFileCassetteStore(file).save(cassetteOf('a'));
  const { message } = await failure(CassetteLoadError, () => new SqliteCassetteStore(file).load());
  assert.match(
    message,
    `${file}: it is not an SQLite database. A cassette in JSON is named without "sqlite:".`,
  );
});

test.run();
