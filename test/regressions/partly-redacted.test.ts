import * as assert from 'uvu/assert';
import { made, write } from '../cli/cassettes.js';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';

const test = suite('redact: one cassette of several cannot be read');
const project = new Project();
test.after(() => project.remove());

test('none is changed, as exit code 2 promises', async () => {
  const file = await write(
    project,
    'leaking.json',
    made({ requestHeaders: [['authorization', 'Bearer q8Zr2mKp4TxWv9LcBn7YhJ3f']], body: 'a' }),
  );
  const before = project.read(file);
  project.write('cut.json', before.slice(0, 90));
  const { code, stdout, stderr } = await project.interposition(['redact', file, 'cut.json']);
  assert.is(code, 2);
  assert.is(stdout, '');
  assert.match(stderr, 'cut.json: it is cut off');
  assert.is(project.read(file), before);
});

test.run();
