import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { type Api, installRunners, Project, startApi } from './project.js';

const test = suite('test runners and the config file');
const missing = installRunners();
const here = test.skipUnless(missing === undefined, missing ?? '');
let api: Api;

test.before(async () => {
  api = await startApi();
});
test.after(() => api.close());

const vitest = (pool: string) => ['node_modules/vitest/vitest.mjs', 'run', `--pool=${pool}`];

const RUNNERS: Readonly<Record<string, readonly string[]>> = {
  'Jest, and its sandbox': ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js'],
  'Vitest, forks': vitest('forks'),
  'Vitest, vmThreads': vitest('vmThreads'),
};

for (const [name, args] of Object.entries(RUNNERS)) {
  here(`${name}: tests and what they open go by it, with its functions and RegExps`, async () => {
    const project = new Project('config');
    const { code, output, seen } = await project.run(args, { API: api.url, CI: '1' });
    assert.is(code, 0, output);
    assert.is(seen.length, 6);
    for (const cassette of ['config.test.js/in the cassette of the test.json', 'own.json']) {
      const text = readFileSync(join(project.folder, '__cassettes__', cassette), 'utf8');
      const targets = [...text.matchAll(/"target": "(.*)"/g)].map(([, target = '']) => target);
      assert.is(targets.length, 1, text);
      assert.not.match(targets[0] as string, /tenant-42|alone/);
    }
  });
}

test.run();
