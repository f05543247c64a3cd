import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { libraryUrl } from '../support/paths.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

// The timer that passes saves on kept no process running, and at the exit there was nothing to call.
const test = suite('regression: a process that ends while a BufferedCassetteStore still holds something');

test('over a store without saveSync everything is stored', () => {
  const file = join(tempFolder(), 'saved');
  const program = `
    import { writeFile } from 'node:fs/promises';
    import { BufferedCassetteStore, Cassette } from '${libraryUrl}';
    const store = { load: async () => new Cassette(), save: () => writeFile('${file}', 'saved') };
    await new BufferedCassetteStore(store, { everyMs: 50 }).save(new Cassette());
  `;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    stdio: 'inherit',
  });
  assert.is(status, 0);
  assert.ok(existsSync(file));
  assert.is(readFileSync(file, 'utf8'), 'saved');
});

test.run();
