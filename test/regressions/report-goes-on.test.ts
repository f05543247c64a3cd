import * as assert from 'uvu/assert';
import { made, write } from '../cli/cassettes.js';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';

const test = suite('a report that runs before this one have written into');
const project = new Project();
project.write('ask.mjs', `await (await fetch('http://api.example/a')).text();`);
test.after(() => project.remove());

const replay = (...command: readonly string[]) =>
  project.interposition(['replay', '--cassette', 'a.json', '--', ...command], {
    env: { INTERPOSITION_REPORT: project.path('run.report') },
  });

test('the summary is of this run alone', async () => {
  await write(project, 'a.json', made({ target: 'http://api.example/a', body: 'x' }));
  for (const _ of [1, 2]) {
    const { code, stderr } = await replay(process.execPath, 'ask.mjs');
    assert.is(code, 0);
    assert.match(stderr, /: 1 HIT, 0 MISSes; .*; 1 process\n$/);
  }
  const checked = await project.interposition(['check', 'run.report']);
  assert.match(checked.stdout, /\n2 processes\n$/);
});

test('a run in which nothing was Node exits with 2', async () => {
  const { code, stderr } = await replay('true');
  assert.is(code, 2);
  assert.match(stderr, 'has run no Node program');
});

test.run();
