import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { type FileReport, suite } from './suite.js';

const SUITE = new URL('./suite.js', import.meta.url).href;
const ASSERT = pathToFileURL(createRequire(import.meta.url).resolve('uvu/assert')).href;

interface Ran {
  readonly status: number | null;
  readonly output: string;
  readonly report: FileReport;
}

function runTestFile(body: string, env: NodeJS.ProcessEnv = {}): Ran {
  const folder = mkdtempSync(join(tmpdir(), 'suite-test-'));
  try {
    const file = join(folder, 'case.test.mjs');
    const reportFile = join(folder, 'report.json');
    writeFileSync(file, `import { suite } from '${SUITE}';\nimport * as assert from '${ASSERT}';\n${body}`);
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
      encoding: 'utf8',
      env: { ...process.env, CI: '', ...env, TEST_REPORT_FILE: reportFile },
    });
    return {
      status,
      output: stdout + stderr,
      report: JSON.parse(readFileSync(reportFile, 'utf8')) as FileReport,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const test = suite('suite');

test('counts what passed, failed and was skipped', () => {
  const { status, output, report } = runTestFile(`
    const test = suite('counts');
    test('one', () => {});
    test('two', async () => {});
    test('three', () => assert.is(1, 2));
    test.skip('four', () => {});
    test.skipUnless(false, 'needs a printer')('five', () => {});
    test.skipUnless(true, 'needs nothing')('six', () => {});
    test.run();
  `);
  assert.is(status, 1);
  assert.is(report.passed, 3);
  assert.is(report.failed, 1);
  assert.equal(report.skips, [
    { test: 'counts › four', reason: 'no reason given' },
    { test: 'counts › five', reason: 'needs a printer' },
  ]);
  assert.match(output, 'SKIP counts › five (needs a printer)');
});

test('exits with 0 when every test passed', () => {
  const { status, report } = runTestFile(`
    const test = suite('green');
    test('one', () => {});
    test.run();
  `);
  assert.is(status, 0);
  assert.equal(report, { passed: 1, failed: 0, skips: [], problems: [] });
});

test('fails when a suite is never run, although another one passes', () => {
  const { status, output } = runTestFile(`
    const green = suite('green');
    green('one', () => {});
    green.run();
    const forgotten = suite('forgotten');
    forgotten('two', () => {});
  `);
  assert.is(status, 1);
  assert.match(output, 'suite "forgotten" was never run');
});

test('fails when tests come after the last run()', () => {
  const { status, output } = runTestFile(`
    const test = suite('early');
    test('one', () => {});
    test.run();
    test('two', () => {});
  `);
  assert.is(status, 1);
  assert.match(output, 'suite "early" has 1 tests after its last test.run()');
});

test('fails when no test was executed', () => {
  const { status, output } = runTestFile(`
    const test = suite('all skipped');
    test.skip('one', () => {});
    test.run();
  `);
  assert.is(status, 1);
  assert.match(output, 'no test was executed');
});

test('a file whose tests are all skipped for a reason is no failure', () => {
  const { status } = runTestFile(`
    const test = suite('elsewhere');
    test.skipUnless(false, 'needs another system')('one', () => {});
    test.run();
  `);
  assert.is(status, 0);
});

test('fails when a test never settles, and names it', () => {
  const { status, output } = runTestFile(`
    const test = suite('stuck');
    test('one', () => {});
    test('waits for ever', () => new Promise(() => {}));
    test.run();
  `);
  assert.is(status, 1);
  assert.match(output, 'suite "stuck" did not finish: the process ended in "waits for ever"');
});

test('fails when the process ends with code 0 in the middle of a test', () => {
  const { status, output } = runTestFile(`
    const test = suite('leaves');
    test('exits', () => process.exit(0));
    test.run();
  `);
  assert.is(status, 1);
  assert.match(output, 'suite "leaves" did not finish');
});

for (const kind of ['before', 'before.each', 'after', 'after.each']) {
  test(`fails when a hook throws, and shows what it threw: ${kind}`, () => {
    const { status, output } = runTestFile(`
      const test = suite('hooks');
      test.${kind}(() => { throw new Error('the hook broke'); });
      test('one', () => {});
      test.run();
    `);
    assert.is.not(status, 0);
    assert.match(output, 'the hook broke');
  });
}

test('only() runs one test at the desk, and is refused in CI', () => {
  const file = `
    const test = suite('focus');
    test('one', () => {});
    test.only('two', () => {});
    test.run();
  `;
  assert.is(runTestFile(file).report.passed, 1);
  const inCi = runTestFile(file, { CI: '1' });
  assert.is(inCi.status, 1);
  assert.match(inCi.output, 'test.only("two")');
});

test.run();
