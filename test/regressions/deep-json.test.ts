import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Cassette, JsonFileCassetteStore } from '../../src/index.js';
import { interaction, named } from '../support/interactions.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

// JSON that is nested deeper than the stack failed its own save and every later one.
const test = suite('regression: a body of deeply nested JSON');

test('is saved, and what follows it too', async () => {
  const file = join(tempFolder(), 'cassette.json');
  const answer = '['.repeat(50_000) + ']'.repeat(50_000);
  const deep = interaction({ target: 'http://api.example/deep', answer });
  await new JsonFileCassetteStore(file, { createIfMissing: true }).save(new Cassette([deep, named('next')]));
  const { interactions } = await new JsonFileCassetteStore(file).load();
  assert.is(Buffer.from(interactions[0]?.responseChunks[0]?.data ?? []).toString(), answer);
  assert.is(interactions.length, 2);
});

test.run();
