import { readdirSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { made, write } from '../cli/cassettes.js';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';

const test = suite('merge and repair: a file that cannot be written');
const project = new Project();
test.after(() => project.remove());

// It can be read, and nothing can stand beside it: the name of a draft, or of a copy, would be too long for any disk.
const LONG = `${'a'.repeat(246)}.json`;

test('merge says so in one line, and takes it for no fault of its own', async () => {
  const base = await write(project, 'base.json', made({ body: 'a' }));
  project.write(LONG, project.read(base));
  const before = project.read(LONG);
  const theirs = await write(
    project,
    'theirs.json',
    made({ body: 'a' }),
    made({ target: 'https://api.example.com/b', body: 'b' }),
  );
  const { code, stderr } = await project.interposition(['merge', base, LONG, theirs]);
  assert.is(code, 2);
  assert.match(stderr, /^interposition: cannot write a+\.json: ENAMETOOLONG.*\.\n$/);
  assert.is(project.read(LONG), before);
});

test('repair tells why it cannot keep the file as it was', async () => {
  const whole = await write(
    project,
    'whole.json',
    made({ body: 'a' }),
    made({ target: 'https://api.example.com/b', body: 'b' }),
  );
  project.write(LONG, project.read(whole).slice(0, -50));
  const before = project.read(LONG);
  const { code, stderr } = await project.interposition(['repair', LONG]);
  assert.is(code, 2);
  assert.match(
    stderr,
    /^interposition: cannot keep the file as it was in .*\.broken: ENAMETOOLONG.*Nothing was changed\.\n$/,
  );
  assert.not.match(stderr, 'Move that away');
  assert.is(project.read(LONG), before);
  assert.is(readdirSync(project.folder).filter((name) => name.endsWith('.tmp')).length, 0);
});

test.run();
