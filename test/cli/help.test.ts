import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { repoRoot } from '../support/paths.js';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';

const test = suite('the command: help');
const project = new Project();
test.after(() => project.remove());

// To renew the golden files: GOLDEN=write npm test -- cli/help
const golden = join(repoRoot, 'fixtures', 'help');
const env = { COLUMNS: '100' };

const files = readdirSync(join(repoRoot, 'src', 'cli', 'verbs')).map((file) => file.replace(/\.ts$/, ''));
const verbs = files.flatMap((file) => (file === 'run' ? ['record', 'replay', 'auto'] : [file]));

for (const args of [[], ...verbs.map((verb) => [verb])]) {
  const name = ['interposition', ...args].join('-');
  test(`${name.replaceAll('-', ' ')} --help is as it was agreed on`, async () => {
    const { code, stdout, stderr } = await project.interposition([...args, '--help'], { env });
    assert.equal({ code, stderr }, { code: 0, stderr: '' });
    const file = join(golden, `${name}.txt`);
    if (process.env['GOLDEN'] === 'write') {
      writeFileSync(file, stdout);
    }
    assert.fixture(stdout, readFileSync(file, 'utf8'));
  });
}

test('without a command it shows its help, and fails', async () => {
  const { code, stderr } = await project.interposition([], { env });
  assert.is(code, 2);
  assert.match(stderr, 'Usage: interposition');
});

test('an unknown command and an unknown option: one line with the nearest, and where the help is', async () => {
  const command = await project.interposition(['lss']);
  assert.equal(command, {
    code: 2,
    signal: null,
    stdout: '',
    stderr: "interposition: unknown command 'lss'\n(Did you mean ls?)\nSee interposition --help.\n",
  });
  const option = await project.interposition(['ls', '--jsn']);
  assert.is(option.code, 2);
  assert.match(option.stderr, "interposition: unknown option '--jsn'\n(Did you mean --json?)");
});

test('--version is the one of the package', async () => {
  const { version } = JSON.parse(project.read('node_modules/interposition/package.json')) as {
    version: string;
  };
  assert.is((await project.interposition(['--version'])).stdout, `${version}\n`);
});

test.run();
