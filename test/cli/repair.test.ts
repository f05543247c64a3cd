import { existsSync, readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';
import { made, read, write } from './cassettes.js';

const test = suite('the command: repair');
const project = new Project();
test.after(() => project.remove());

const three = () =>
  ['a', 'b', 'c'].map((name) => made({ target: `https://api.example.com/${name}`, body: name }));

test('a cassette that was cut off keeps what is whole, and the file as it was stays', async () => {
  const file = await write(project, 'cut.json', ...three());
  const cut = project.read(file).slice(0, -200);
  project.write(file, cut);
  assert.match((await project.interposition(['ls', file])).stderr, '"npx interposition repair" keeps it');
  const { code, stdout } = await project.interposition(['repair', file]);
  assert.is(code, 0);
  assert.match(stdout, 'cut.json: 2 interactions kept, cut after byte');
  assert.is((await read(project, file)).length, 2);
  assert.is(readFileSync(project.path('cut.json.broken'), 'utf8'), cut);
});

test('a second time the first copy is not overwritten', async () => {
  const cut = project.read('cut.json').slice(0, -50);
  project.write('cut.json', cut);
  const { code, stderr } = await project.interposition(['repair', 'cut.json']);
  assert.is(code, 2);
  assert.match(stderr, 'cut.json.broken. Move that away. Nothing was changed');
  assert.is(project.read('cut.json'), cut);
});

test('a whole cassette is left alone', async () => {
  const file = await write(project, 'whole.json', ...three());
  const before = project.read(file);
  assert.match((await project.interposition(['repair', file])).stdout, 'whole.json is whole: 3 interactions');
  assert.is(project.read(file), before);
  assert.not.ok(existsSync(project.path('whole.json.broken')));
});

for (const [title, content] of [
  ['an empty file', ''],
  ['a file of something else', '{"log":{}}'],
  ['bytes', Buffer.from([0xff, 0x00, 0xfe])],
] as const) {
  test(`${title} cannot be repaired: exit code 2, and nothing is changed`, async () => {
    project.write('other.json', content);
    const { code, stderr } = await project.interposition(['repair', 'other.json']);
    assert.is(code, 2);
    assert.match(stderr, 'Nothing was changed.');
    assert.equal(readFileSync(project.path('other.json')), Buffer.from(content));
    assert.not.ok(existsSync(project.path('other.json.broken')));
  });
}

test('a file that is not there', async () => {
  const { code, stderr } = await project.interposition(['repair', 'none.json']);
  assert.is(code, 2);
  assert.match(stderr, 'none.json: the file does not exist');
});

test.run();
