import { AsyncResource } from 'node:async_hooks';
import { after, beforeEach, type TestContext } from 'node:test';
import { isMainThread } from 'node:worker_threads';
import type { ScopeOptions } from '../open-cassette.js';
import { TestCassettes, type TestScope } from './test-cassettes.js';

/** Node 20 does not tell a test's file; there each file is a program of its own. */
interface Context extends TestContext {
  readonly filePath?: string;
  readonly fullName: string;
}

const VARIABLE = 'INTERPOSITION_NODE_TEST';
// `node --test` takes what is called as a test file is for one, also where it is a folder.
const FOLDER_ENDING = '.cassettes';
const SELECTS_TESTS = /^--test-(?:name-pattern|skip-pattern|only)\b/;

const scopes = new WeakMap<object, TestScope>();

/**
 * Gives each test of a node:test run a cassette of its own, also where several run at a time. To be called in a file that
 * is preloaded: `node --import ./cassettes.js --test`.
 *
 * @param options Those of a scope. Where left out, `outside` is `'error'`, and `passthrough` is `['loopback']`.
 * @throws InvalidOptionError for an option that cannot be used.
 */
export function useCassettes(options: ScopeOptions = {}): void {
  if (!runsTests()) {
    return;
  }
  process.env[VARIABLE] = String(process.pid);
  const cassettes = new TestCassettes(options, FOLDER_ENDING);
  const names = new Map<string, string[]>();
  runTestsInScopes();

  beforeEach(async (context) => {
    const test = context as Context;
    const file = test.filePath ?? process.argv[1] ?? '';
    const name = test.fullName.replaceAll(' > ', ' ');
    names.set(file, [...(names.get(file) ?? []), name]);
    const scope = await cassettes.open({ file, name, id: test });
    scopes.set(test, scope);
    // Later than the hooks after each test.
    test.after(() => scope.close());
  });

  after(() => {
    if (!process.execArgv.some((option) => SELECTS_TESTS.test(option))) {
      for (const [file, ofFile] of names) {
        cassettes.reportObsolete(
          file,
          ofFile,
          'no test that ran has the name (one that is skipped does not run)',
        );
      }
    }
  });
}

/**
 * A hook makes a process one that reports tests. The process that `node --test` starts the files from is none, and what
 * a test starts inherits the preload.
 */
function runsTests(): boolean {
  const isRunner = process.env['NODE_TEST_CONTEXT'] === undefined && process.execArgv.includes('--test');
  const isAlone = process.execArgv.some((option) => /^--(?:experimental-)?test-isolation=none$/.test(option));
  return isMainThread && process.env[VARIABLE] !== String(process.ppid) && (!isRunner || isAlone);
}

/**
 * node:test has no hook around a test. But it runs a test's function, and its hooks, by this method, each with the test's
 * context as `this`.
 */
function runTestsInScopes(): void {
  const { prototype } = AsyncResource;
  const { runInAsyncScope } = prototype;
  prototype.runInAsyncScope = function (this: AsyncResource, fn, thisArg, ...args) {
    const scope = typeof thisArg === 'object' && thisArg !== null ? scopes.get(thisArg) : undefined;
    const inScope: typeof fn =
      scope === undefined ? fn : (...given) => scope.run(() => Reflect.apply(fn, thisArg, given));
    return Reflect.apply(runInAsyncScope, this, [inScope, thisArg, ...args]);
  };
}
