import { writeFileSync } from 'node:fs';
import * as uvu from 'uvu';

type Callback<T> = uvu.Callback<T>;
type Outcome = readonly [errors: string | true, passed: number, skipped: number, total: number];
type QueuedRun = () => Promise<Outcome>;

interface Hook<T> {
  (hook: Callback<T>): void;
  each(hook: Callback<T>): void;
}

export interface Suite<T> {
  (name: string, body: Callback<T>): void;
  only(name: string, body: Callback<T>): void;
  skip(name: string, body?: Callback<T>): void;
  /** Registers a test that runs where the condition holds, and elsewhere is a skip that shows its reason. */
  skipUnless(condition: boolean, reason: string): (name: string, body: Callback<T>) => void;
  before: Hook<T>;
  after: Hook<T>;
  run(): void;
}

export interface Skip {
  readonly test: string;
  readonly reason: string;
}

export interface FileReport {
  readonly passed: number;
  readonly failed: number;
  readonly skips: readonly Skip[];
  readonly problems: readonly string[];
}

interface SuiteState {
  readonly name: string;
  readonly context: { __test__?: string };
  pending: number;
  runs: number;
  finished: number;
}

const reportFile = process.env['TEST_REPORT_FILE'];
// The programs that tests start must not write into this process's report.
delete process.env['TEST_REPORT_FILE'];

const suites: SuiteState[] = [];
const skips: Skip[] = [];
let passed = 0;
let failed = 0;

export function suite<T extends object = Record<string, never>>(name: string, context = {} as T): Suite<T> {
  const inner = uvu.suite<T>(name, context);
  const state: SuiteState = { name, context, pending: 0, runs: 0, finished: 0 };
  suites.push(state);

  const register = (title: string, body: Callback<T>) => {
    state.pending++;
    inner(title, body);
  };
  const skip = (title: string, reason: string) => {
    state.pending++;
    skips.push({ test: `${name} › ${title}`, reason });
    process.stdout.write(`SKIP ${name} › ${title} (${reason})\n`);
    inner.skip(title);
  };
  const only = (title: string, body: Callback<T>) => {
    if (process.env['CI']) throw new Error(`test.only("${title}") hides the other tests: not allowed in CI`);
    state.pending++;
    inner.only(title, body);
  };
  const run = () => {
    state.pending = 0;
    state.runs++;
    inner.run();
    watchQueuedRun(state);
  };

  return Object.assign(register, {
    only,
    skip: (title: string) => skip(title, 'no reason given'),
    skipUnless: (condition: boolean, reason: string) =>
      condition ? register : (title: string) => skip(title, reason),
    before: hook(name, 'before', inner.before),
    after: hook(name, 'after', inner.after),
    run,
  });
}

// uvu drops what a hook throws and then counts the suite as green.
function hook<T>(suiteName: string, kind: string, inner: Hook<T>): Hook<T> {
  const loud = (body: Callback<T>): Callback<T> => {
    return async (context) => {
      try {
        await body(context);
      } catch (error) {
        process.stdout.write(
          `\nA hook of "${suiteName}" (${kind}) failed: ${(error as Error)?.stack ?? error}\n`,
        );
        failed++;
        throw error;
      }
    };
  };
  return Object.assign((body: Callback<T>) => inner(loud(body)), {
    each: (body: Callback<T>) => inner.each(loud(body)),
  });
}

// uvu hands the outcome of a suite only to its own printer; its queue is the one place to read it.
function watchQueuedRun(state: SuiteState): void {
  const group = (globalThis as unknown as { UVU_QUEUE: QueuedRun[][] }).UVU_QUEUE[0];
  const queued = group?.pop();
  if (!group || !queued) throw new Error('uvu no longer queues suites where this wrapper looks for them');
  group.push(async () => {
    const outcome = await queued();
    const [, suitePassed, , total] = outcome;
    state.finished++;
    passed += suitePassed;
    failed += total - suitePassed;
    return outcome;
  });
}

function problems(): string[] {
  const found: string[] = [];
  for (const { name, context, pending, runs, finished } of suites) {
    if (runs === 0) found.push(`suite "${name}" was never run: end it with test.run()`);
    else if (pending > 0) found.push(`suite "${name}" has ${pending} tests after its last test.run()`);
    if (finished < runs) {
      const where = context.__test__ ? ` in "${context.__test__}"` : '';
      found.push(`suite "${name}" did not finish: the process ended${where}`);
    }
  }
  const reasoned = skips.filter((skip) => skip.reason !== 'no reason given').length;
  if (passed + failed + reasoned === 0) found.push('no test was executed');
  return found;
}

process.on('exit', () => {
  const found = problems();
  for (const problem of found) process.stderr.write(`PROBLEM ${problem}\n`);
  if (found.length > 0 || failed > 0) process.exitCode = process.exitCode || 1;
  if (!reportFile) return;
  const report: FileReport = { passed, failed, skips, problems: found };
  writeFileSync(reportFile, JSON.stringify(report));
});
