import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { type Api, installRunners, Project, startApi } from './project.js';

const test = suite("test runners' realms");
const missing = installRunners();
const here = test.skipUnless(missing === undefined, missing ?? '');
let api: Api;

test.before(async () => {
  api = await startApi();
});
test.after(() => api.close());

const PRELOAD = '--import interposition/register';
const JEST = 'node_modules/jest/bin/jest.js';
const vitest = (pool: string) => ['node_modules/vitest/vitest.mjs', 'run', `--pool=${pool}`];

type Row = readonly [
  name: string,
  sample: string,
  args: readonly string[],
  preload: boolean,
  answers: number,
];

const ROWS: readonly Row[] = [
  ['Vitest, forks, loaded by the test and in the preload', 'realms', vitest('forks'), true, 12],
  ['Vitest, threads, loaded by the test and in the preload', 'realms', vitest('threads'), true, 12],
  ['Vitest, vmThreads, loaded by the test', 'realms', vitest('vmThreads'), false, 10],
  ['Vitest, vmThreads, loaded by the test and in the preload', 'realms', vitest('vmThreads'), true, 12],
  ['Jest, ESM, loaded by the test', 'realms', ['--experimental-vm-modules', JEST], false, 10],
  [
    'Jest, ESM, loaded by the test and in the preload',
    'realms',
    ['--experimental-vm-modules', JEST],
    true,
    12,
  ],
  ['Jest, CommonJS, loaded in the preload', 'realms-commonjs', [JEST, 'preloaded'], true, 3],
  [
    'Jest, CommonJS, loaded by import() in the test',
    'realms-commonjs',
    ['--experimental-vm-modules', JEST, 'imported'],
    false,
    1,
  ],
];

/** Each row takes seconds. Those with the preload load the library in the realm as well: other Nodes run these. */
const rows = process.version.startsWith('v20.') ? ROWS : ROWS.filter(([, , , preload]) => preload);

for (const [name, sample, args, preload, answers] of rows) {
  here(`${name}: each client is recorded, and replayed without a request`, async () => {
    const project = new Project(sample);
    const env = {
      API: api.url,
      ...(preload && {
        NODE_OPTIONS: PRELOAD,
        INTERPOSITION_CASSETTE: join(project.folder, 'preload.json'),
      }),
    };
    const inMode = (mode: string) => ({ ...env, HOW: mode, INTERPOSITION_MODE: mode });
    const recorded = await project.run(args, inMode('record'));
    assert.is(recorded.code, 0, recorded.output);
    assert.is(recorded.seen.length, answers, recorded.output);
    assert.not.match(recorded.output, 'was not brokered');
    const before = api.requests;
    const replayed = await project.run(args, inMode('replay'));
    assert.is(replayed.code, 0, replayed.output);
    assert.equal(replayed.seen, recorded.seen);
    assert.is(api.requests, before);
  });
}

test.run();
