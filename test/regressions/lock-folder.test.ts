import { mkdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { CassetteSaveError } from '../../src/core/errors.js';
import { Cassette, JsonFileCassetteStore } from '../../src/index.js';
import { failure } from '../support/failure.js';
import { interaction } from '../support/interactions.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

const test = suite('regression: a folder where the lock of a cassette has to be');

test('it is told at once, and not waited for', async () => {
  const path = `${tempFolder()}/c.json`;
  mkdirSync(`${path}.lock`);
  const store = new JsonFileCassetteStore(path, { createIfMissing: true });
  const error = await failure(CassetteSaveError, () => store.save(new Cassette([interaction()])));
  assert.match(error.message, `${path}.lock is a folder`);
});

test.run();
