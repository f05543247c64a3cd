import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';
import { made, write } from './cassettes.js';

const test = suite('the command: input that is none');
const project = new Project();
test.after(() => project.remove());

await write(project, 'ok.json', made({ body: '{"id":7}' }));

const BAD: readonly (readonly [file: string, content: string | Uint8Array | undefined, says: RegExp])[] = [
  ['missing.json', undefined, /does not exist|no such file/],
  ['empty.json', '', /is empty|cut off|no process/],
  ['not-json.json', 'hello', /not JSON|no report/],
  ['cut-off.json', '{ "interposition": 1, "interactions": [\n  {', /cut off|no report/],
  ['foreign.json', '{"openapi":"3.1.0"}', /not a cassette|no format|no report/],
  ['newer.json', '{ "interposition": 9, "interactions": [] }', /is 9|a cassette already|no report/],
  [
    'malformed.json',
    '{ "interposition": 1, "interactions": [{}] }',
    /interaction 1 of 1|a cassette already|no report/,
  ],
  ['binary.json', Uint8Array.of(0, 255, 254, 1), /not UTF-8|no report/],
  ['deep.json', '['.repeat(100_000) + ']'.repeat(100_000), /not a cassette|no format|no report/],
];

for (const [file, content] of BAD) {
  if (content !== undefined) {
    project.write(file, content);
  }
}
mkdirSync(project.path('folder.json'));

const VERBS: readonly (readonly [name: string, args: (file: string) => readonly string[]])[] = [
  ['ls', (file) => ['ls', file]],
  ['show', (file) => ['show', file]],
  ['diff', (file) => ['diff', 'ok.json', file]],
  ['merge', (file) => ['merge', 'ok.json', 'ok.json', file]],
  ['scan', (file) => ['scan', file]],
  ['redact', (file) => ['redact', file]],
  ['repair', (file) => ['repair', file]],
  ['verify', (file) => ['verify', file]],
  ['serve', (file) => ['serve', '--port', '0', file]],
  ['copy', (file) => ['copy', file, 'new.json']],
  ['export', (file) => ['export', file, '--to', 'new.har']],
  ['import', (file) => ['import', file, '--to', 'new.json']],
  ['check', (file) => ['check', file]],
  ['prune', (file) => ['prune', '--used', file]],
];

for (const [verb, args] of VERBS) {
  test(`${verb}: one line that says what is wrong, exit code 2, and no file changed`, async () => {
    const before = stateOfFolder();
    const cases = [...BAD, ['folder.json', undefined, /folder|directory/] as const];
    await Promise.all(
      cases.map(async ([file, , says]) => {
        const { code, stdout, stderr } = await project.interposition(args(file));
        assert.equal([code, stdout], [2, ''], `${verb} ${file}: ${stderr}`);
        assert.match(stderr, /^interposition: [^\n]+\n$/, `${verb} ${file}`);
        assert.match(stderr, says, `${verb} ${file}`);
        assert.not.match(stderr, /fault of interposition/, `${verb} ${file}`);
      }),
    );
    assert.equal(stateOfFolder(), before);
  });
}

test('what is larger than a text can be is told by its size', async () => {
  project.write('huge.json', '{}');
  truncateSync(project.path('huge.json'), 540 * 1024 * 1024);
  for (const args of [
    ['ls', 'huge.json'],
    ['repair', 'huge.json'],
    ['import', 'huge.json', '--to', 'new.json'],
  ]) {
    const { code, stderr } = await project.interposition(args);
    assert.is(code, 2);
    assert.match(stderr, /^interposition: [^\n]*566231040 bytes[^\n]*\n$/);
  }
});

/** What is in the project's folder. */
function stateOfFolder(): unknown {
  return readdirSync(project.folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules')
    .map((entry) => {
      const path = join(project.folder, entry.name);
      const content = entry.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
      return [entry.name, statSync(path).mode, content];
    });
}

test.run();
