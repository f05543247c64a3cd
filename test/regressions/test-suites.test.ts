import { cpSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import * as assert from 'uvu/assert';
import { readReports } from '../../src/cli/reports.js';
import { installRunners, Project } from '../runners/project.js';
import { suite } from '../support/suite.js';

const test = suite('suites of tests, as teams have them');
const missing = installRunners();
const here = test.skipUnless(missing === undefined, missing ?? '');

const jest = (...args: string[]) => ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', ...args];
const vitest = (...args: string[]) => ['node_modules/vitest/vitest.mjs', 'run', ...args];
const mocha = (limit: string, ...args: string[]) => [
  ...['node_modules/mocha/bin/mocha.js', '--timeout', limit],
  ...args,
];
const mochaWith = (limit: string, ...args: string[]) =>
  mocha(limit, '--require', './mocha-cassettes.js', ...args);
const LONG = '60000';

/** Counts the requests to each path; nothing that is asked for `/open` is answered. */
async function startApi() {
  const counts = new Map<string, number>();
  const server = createServer(({ url = '' }, response) => {
    counts.set(url, (counts.get(url) ?? 0) + 1);
    if (url !== '/open') {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ count: counts.get(url) }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return {
    env: { API: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
    counts,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

for (const [name, command] of Object.entries({
  Vitest: vitest('again'),
  Jest: jest('again'),
  Mocha: mochaWith(LONG, '--retries', '2', 'again.test.js'),
})) {
  here(`${name}: a test that is made again while it is recorded asks anew`, async () => {
    const api = await startApi();
    const project = new Project('suites');
    const recorded = await project.run(command, api.env);
    assert.is(recorded.code, 0, recorded.output);
    assert.is(api.counts.get('/job'), 3);
    await api.close();
    const replayed = await project.run(command, { ...api.env, CI: '1' });
    assert.is(replayed.code, 0, replayed.output);
    assert.equal(replayed.seen, recorded.seen);
    assert.equal(
      replayed.seen,
      ['job', 'part'].flatMap((name) =>
        [1, 2, 3].map((count) => JSON.stringify({ test: name, path: `/${name}`, count })),
      ),
    );
  });
}

for (const [name, command] of Object.entries({
  Vitest: vitest('open'),
  Mocha: mochaWith('3000', '--exit', 'open.test.js'),
})) {
  here(`${name}: a request that is left open takes its time, whatever limit hooks have`, async () => {
    const api = await startApi();
    const project = new Project('suites');
    const { code, output } = await project.run(command, api.env);
    await api.close();
    assert.is(code, 0, output);
    assert.equal(project.cassettes('open.test.js'), ['comes next.json', 'leaves a request open.json']);
  });
}

for (const [name, command] of Object.entries({
  Vitest: vitest('hooks'),
  Jest: jest('hooks'),
  Mocha: mochaWith(LONG, 'hooks.test.js'),
  'Mocha, hooks required first': mocha(
    LONG,
    ...['--require', './mocha-hooks.js', '--require', './mocha-cassettes.js', 'hooks.test.js'],
  ),
})) {
  here(`${name}: hooks that stand in no suite are in the scope of the test`, async () => {
    const api = await startApi();
    const project = new Project('suites');
    const recorded = await project.run(command, api.env);
    await api.close();
    assert.is(recorded.code, 0, recorded.output);
    const replayed = await project.run(command, { ...api.env, CI: '1' });
    assert.is(replayed.code, 0, replayed.output);
    assert.equal(replayed.seen, recorded.seen);
    assert.equal(project.cassettes('hooks.test.js'), ['is between.json']);
  });
}

here('uvu: cassettes of another suite of the same file are not obsolete', async () => {
  const api = await startApi();
  const project = new Project('suites');
  const first = await project.run(['two.uvu.js'], api.env);
  assert.is(first.code, 0, first.output);
  assert.not.match(first.output, 'obsolete');
  const later = await project.run(['two.uvu.js'], { ...api.env, PHASE: 'later' });
  await api.close();
  assert.match(later.output, /1 cassette is obsolete: .*orders two\.json/);
  assert.equal(project.cassettes('two.uvu.js'), ['orders one.json', 'orders two.json', 'users one.json']);
});

for (const pool of ['forks', 'threads', 'vmThreads', 'forks --no-isolate']) {
  here(`Vitest, ${pool}: the report lacks nothing, though its workers are killed`, async () => {
    const api = await startApi();
    const project = new Project('suites');
    const command = vitest(...`--pool=${pool}`.split(' '), 'hooks', 'again');
    const first = await project.run(command, api.env);
    assert.is(first.code, 0, first.output);
    const { code, output } = await project.run(command, { ...api.env, INTERPOSITION_REPORT: 'run.report' });
    await api.close();
    assert.is(code, 0, output);
    const { hits, killed, cassettes } = readReports(['run.report'], project.folder);
    assert.equal({ hits, killed }, { hits: 9, killed: 0 });
    assert.equal(cassettes.map(({ location }) => basename(location)).sort(), [
      'is between.json',
      'is made again until the job is done.json',
      'scope.json',
    ]);
  });
}

here('the cassettes of a test file that is gone are told of once, however many files there are', async () => {
  const api = await startApi();
  const project = new Project('suites');
  const command = mochaWith(LONG, 'hooks.test.js', 'again.test.js', '--retries', '2');
  assert.is((await project.run(command, api.env)).code, 0);
  cpSync(
    join(project.folder, '__cassettes__/hooks.test.js'),
    join(project.folder, '__cassettes__/old.test.js'),
    {
      recursive: true,
    },
  );
  const { output } = await project.run(command, { ...api.env, CI: '1' });
  await api.close();
  const told = [
    ...output.matchAll(/1 cassette is obsolete: no test file is there any more\. .*old\.test\.js/g),
  ];
  assert.is(told.length, 1, output);
});

here('the report has what a test asks that has no cassette, where none is recorded', async () => {
  const api = await startApi();
  const project = new Project('suites');
  const { code } = await project.run(mochaWith(LONG, 'open.test.js'), {
    ...api.env,
    CI: '1',
    INTERPOSITION_REPORT: 'run.report',
  });
  await api.close();
  assert.is(code, 1);
  const { misses } = readReports(['run.report'], project.folder);
  assert.equal(
    [...misses].sort(),
    ['next', 'open'].map((path) => `GET ${api.env.API}/${path}`),
  );
});

here('node:test finds the same test files when there are cassettes', async () => {
  const api = await startApi();
  const project = new Project('node-suites');
  const command = ['--import', './node-cassettes.js', '--test'];
  const first = await project.run(command, api.env);
  assert.is(first.code, 0, first.output);
  await api.close();
  const second = await project.run(command, { ...api.env, CI: '1' });
  assert.is(second.code, 0, second.output);
  assert.equal(second.seen, first.seen);
});

test.run();
