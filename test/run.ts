import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installRunners } from './runners/project.js';
import type { FileReport } from './support/suite.js';
import { installClients } from './third-party/packages.js';

const FILE_TIMEOUT_MS = 10 * 60_000;
/** Take longest, and begin first: a long file that began last would run alone. */
const LONGEST = [
  'adapters/undici/transparency.test.js',
  'stores/kills.test.js',
  'stores/key-value/contract.test.js',
  'stores/key-value/redis.test.js',
  'sigkill.test.js',
  'runners/realms.test.js',
  'corpus-property.test.js',
  'record-failures.test.js',
  'adapters/undici/truncated.test.js',
  'register.test.js',
  'runners/vitest.test.js',
  'demo.test.js',
];
/** One more than there are cores: files also wait, for timers and for the programs that they start. */
const AT_ONCE = availableParallelism() + 1;
const testRoot = fileURLToPath(new URL('.', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'test-run-'));
const running = new Set<number>();

interface Result {
  readonly file: string;
  readonly report: FileReport;
  readonly failure: string | undefined;
  readonly output: string;
  readonly seconds: string;
}

/** @param filters Parts of the paths of files that are to run; with a `!` in front, of files that are not. */
function discover(filters: readonly string[]): string[] {
  const wanted = filters.filter((filter) => !filter.startsWith('!')).map(toBuilt);
  const unwanted = filters
    .filter((filter) => filter.startsWith('!'))
    .map((filter) => toBuilt(filter.slice(1)));
  return readdirSync(testRoot, { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => file.endsWith('.test.js'))
    .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
    .filter((file) => !unwanted.some((part) => file.includes(part)))
    .sort()
    .sort((one, other) => rank(one) - rank(other));
}

function rank(file: string): number {
  const place = LONGEST.indexOf(file);
  return place < 0 ? LONGEST.length : place;
}

function toBuilt(filter: string): string {
  return filter.replace(/^(\.\/)?test\//, '').replace(/\.ts$/, '.js');
}

async function runFile(file: string, index: number): Promise<Result> {
  const reportFile = join(scratch, `${index}.json`);
  const outputFile = join(scratch, `${index}.log`);
  const started = performance.now();
  const { code, signal, timedOut } = await runChild(file, reportFile, outputFile);
  const report = readReport(reportFile);
  return {
    file,
    report: report ?? { passed: 0, failed: 0, skips: [], problems: [] },
    failure: explainFailure(report, code, signal, timedOut),
    output: readFileSync(outputFile, 'utf8'),
    seconds: ((performance.now() - started) / 1000).toFixed(1),
  };
}

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
}

function runChild(file: string, reportFile: string, outputFile: string): Promise<Ending> {
  const output = openSync(outputFile, 'w');
  const child = spawn(
    process.execPath,
    ['--unhandled-rejections=strict', '--enable-source-maps', join(testRoot, file)],
    {
      // Its own process group, so that whatever the file leaves behind can be ended with it.
      detached: process.platform !== 'win32',
      env: { ...process.env, TEST_REPORT_FILE: reportFile },
      stdio: ['ignore', output, output],
    },
  );
  closeSync(output);
  const pid = child.pid;
  if (pid !== undefined) running.add(pid);

  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    if (pid !== undefined) killGroup(pid);
  }, FILE_TIMEOUT_MS);

  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (pid !== undefined) {
        killGroup(pid);
        running.delete(pid);
      }
      resolve({ code, signal, timedOut });
    });
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function readReport(reportFile: string): FileReport | undefined {
  try {
    return JSON.parse(readFileSync(reportFile, 'utf8')) as FileReport;
  } catch {
    return undefined;
  }
}

function explainFailure(
  report: FileReport | undefined,
  code: number | null,
  signal: NodeJS.Signals | null,
  timedOut: boolean,
): string | undefined {
  if (timedOut) return `still running after ${FILE_TIMEOUT_MS / 1000} s: killed`;
  if (signal) return `ended by ${signal}`;
  if (!report)
    return `exit code ${code} without a report: it crashed, or takes no suite from support/suite.js`;
  if (report.problems.length > 0) return report.problems.join('; ');
  if (report.failed > 0) return `${report.failed} of ${report.passed + report.failed} failed`;
  if (code !== 0) return `exit code ${code}`;
  return undefined;
}

function failedOf(result: Result): number {
  return result.failure === undefined ? 0 : Math.max(1, result.report.failed);
}

function print(result: Result): void {
  const { file, report, failure, output, seconds } = result;
  const name = file.replace(/\.js$/, '');
  if (failure !== undefined) {
    process.stdout.write(`FAIL ${name} (${seconds} s): ${failure}\n${indent(output)}\n`);
  } else {
    const skipped = report.skips.length > 0 ? `, ${report.skips.length} skipped` : '';
    process.stdout.write(`ok   ${name} (${seconds} s): ${report.passed} passed${skipped}\n`);
  }
  for (const { test, reason } of report.skips) process.stdout.write(`     skipped: ${test} (${reason})\n`);
}

function indent(text: string): string {
  return text.trimEnd().replace(/^/gm, '     | ');
}

async function runAll(files: readonly string[]): Promise<Result[]> {
  const results: Result[] = [];
  const queue = files.entries();
  const worker = async () => {
    for (const [index, file] of queue) {
      const result = await runFile(file, index);
      results.push(result);
      print(result);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    for (const pid of running) killGroup(pid);
    process.exit(1);
  });
}
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const filters = process.argv.slice(2);
const files = discover(filters);
process.stdout.write(
  `Node ${process.version}, ${files.length} test files in ${relative('.', testRoot) || '.'}\n`,
);
if (files.length === 0)
  process.stdout.write(`FAIL no test file matches ${filters.join(' ') || '*.test.js'}\n`);

// Once: several files need them, and run side by side.
if (files.some((file) => file.startsWith('runners/'))) {
  installRunners();
}
if (files.some((file) => /^(?:third-party|websocket)\//.test(file))) {
  installClients();
}
const results = await runAll(files);
const passed = results.reduce((sum, result) => sum + result.report.passed, 0);
const failed = results.reduce((sum, result) => sum + failedOf(result), files.length === 0 ? 1 : 0);
const skipped = results.reduce((sum, result) => sum + result.report.skips.length, 0);

const tally = process.env['TEST_TALLY_FILE'];
if (tally) appendFileSync(tally, `${JSON.stringify({ passed, failed, skipped })}\n`);
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exitCode = failed > 0 ? 1 : 0;
