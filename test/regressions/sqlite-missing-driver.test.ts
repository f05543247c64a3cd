import * as assert from 'uvu/assert';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';

const test = suite('a Node without SQLite, and without better-sqlite3');
const project = new Project();
test.after(() => project.remove());

// Node 20 has no node:sqlite; later ones are made to have none.
const without = project.write(
  'without.mjs',
  `const { getBuiltinModule } = process;
   process.getBuiltinModule = (name) => name === 'node:sqlite' ? undefined : getBuiltinModule?.call(process, name);`,
);

test('a new database is refused before anything is asked that could not be recorded', async () => {
  const program = project.write(
    'app.mjs',
    `import { installInterposition } from 'interposition';
     await installInterposition('record', { cassette: 'sqlite:./new.db' }).catch((error) => {
       console.log(error.code, error.message);
     });`,
  );
  const { code, stdout } = await project.run('node', ['--import', without, program]);
  assert.is(code, 0);
  assert.match(stdout, /^ERR_INVALID_OPTION .*better-sqlite3 is not installed\. Run: npm i better-sqlite3/);
});

test.run();
