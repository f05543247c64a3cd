import { statSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';
import { made, read, write } from './cassettes.js';

const test = suite('the command: merge, and git');
const project = new Project();
test.after(() => project.remove());

const env = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.com',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.com',
};

async function git(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await project.run('git', args, { env });
  if (code !== 0) {
    throw new Error(`git ${args.join(' ')}: ${stdout}${stderr}`);
  }
  return stdout;
}

const of = (name: string) => made({ target: `https://api.example.com/${name}`, body: `{"name":"${name}"}` });

const names = async (file: string) =>
  (await read(project, file)).map(({ request }) => request.target.slice(24));

const gitBefore = git('init', '-q', '-b', 'main');

async function commit(message: string): Promise<void> {
  await git('add', '-A', '.');
  await git('commit', '-q', '-m', message);
}

async function branches(
  file: string,
  base: readonly string[],
  ours: readonly string[],
  theirs: readonly string[],
) {
  await gitBefore;
  const { rmSync } = await import('node:fs');
  const make = async (list: readonly string[]) => {
    rmSync(project.path(file), { force: true });
    await write(project, file, ...list.map(of));
  };
  await git('checkout', '-q', '-B', `base-${file}`);
  if (base.length > 0) {
    await make(base);
  } else {
    project.write(`${file}.txt`, '');
  }
  await commit('base');
  await git('checkout', '-q', '-b', `theirs-${file}`);
  await make(theirs);
  await commit('theirs');
  await git('checkout', '-q', `base-${file}`);
  await make(ours);
  await commit('ours');
}

test('two branches that both recorded: git merges them with the driver, and not without', async () => {
  await gitBefore;
  project.write('.gitignore', 'node_modules\n');
  await branches('plain.json', ['a'], ['a', 'mine'], ['a', 'yours']);
  assert.match(
    await git('merge', '-q', 'theirs-plain.json').catch((error: Error) => error.message),
    'CONFLICT',
  );
  await git('merge', '--abort');

  project.write('.gitattributes', '*.json merge=interposition diff=interposition\n');
  await git('config', 'merge.interposition.driver', 'node_modules/.bin/interposition merge %O %A %B');
  await git('merge', '-q', '-m', 'merged', 'theirs-plain.json');
  assert.equal(await names('plain.json'), ['a', 'mine', 'yours']);
});

test('what one branch removed stays removed', async () => {
  await branches('removed.json', ['a', 'b', 'c'], ['a', 'c', 'mine'], ['b', 'c']);
  await git('merge', '-q', '-m', 'merged', 'theirs-removed.json');
  assert.equal(await names('removed.json'), ['c', 'mine']);
});

test('a cassette that both branches made', async () => {
  await branches('both.json', [], ['same', 'mine'], ['same', 'yours']);
  await git('merge', '-q', '-m', 'merged', 'theirs-both.json');
  assert.equal(await names('both.json'), ['same', 'mine', 'yours']);
});

test('as a textconv it shows bodies as they read, in git log -p', async () => {
  await git('config', 'diff.interposition.textconv', 'node_modules/.bin/interposition show');
  await write(project, 'text.json', of('shown'));
  await commit('text');
  assert.match(await git('log', '-p', '-1', '--', 'text.json'), '+  "name": "shown"');
});

test('a version that is no cassette: exit code 2, and ours is as it was', async () => {
  await write(project, 'ours.json', of('a'));
  project.write('theirs.json', '<<<<<<< HEAD');
  const before = statSync(project.path('ours.json')).mtimeMs;
  const { code, stderr } = await project.interposition(['merge', 'ours.json', 'ours.json', 'theirs.json']);
  assert.is(code, 2);
  assert.match(stderr, 'theirs.json');
  assert.is(statSync(project.path('ours.json')).mtimeMs, before);
});

test.run();
