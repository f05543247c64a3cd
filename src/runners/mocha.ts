import type { ScopeOptions } from '../open-cassette.js';
import { TestCassettes, type TestScope } from './test-cassettes.js';

type RunnableFunction = (this: Context, ...args: unknown[]) => unknown;

interface Runnable {
  fn?: RunnableFunction | undefined;
}

interface Test extends Runnable {
  readonly file?: string;
  readonly parent?: Suite;
  titlePath(): string[];
  /** The attempt before this one. */
  retriedTest(): Test | undefined;
}

interface Suite {
  readonly suites: readonly Suite[];
  eachTest(visit: (test: Test) => void): Suite;
  /** The list that Mocha goes by. */
  getHooks(name: string): Runnable[];
  hasOnly(): boolean;
}

interface Context {
  timeout(ms: number): unknown;
  readonly test: { readonly parent: Suite };
  readonly currentTest: Test;
}

// How long a scope waits is bounded by its options: Mocha's limit would end the run, and lose what is being recorded.
const NO_LIMIT = 0;

/** Mocha's root hooks. */
export interface MochaHooks {
  beforeAll(this: never): void;
  beforeEach(this: never): Promise<void>;
  afterEach(this: never): Promise<void>;
  afterAll(this: never): void;
}

/**
 * Gives each test of a Mocha run a cassette of its own. A file that Mocha is to load with `--import` or `--require`
 * exports what this gives: `export const mochaHooks = useCassettes();`.
 *
 * @param options Those of a scope. Where left out, `outside` is `'error'`, and `passthrough` is `['loopback']`.
 * @throws InvalidOptionError for an option that cannot be used.
 */
export function useCassettes(options: ScopeOptions = {}): MochaHooks {
  let cassettes = new TestCassettes(options);
  // Mocha runs one test at a time.
  let current: TestScope | undefined;
  let failure: { readonly error: unknown } | undefined;
  const wrapped = new WeakSet<RunnableFunction>();

  const wrap = (runnable: Runnable, isTest: boolean) => {
    const { fn } = runnable;
    if (fn === undefined || wrapped.has(fn)) {
      return;
    }
    const inScope: RunnableFunction = function (...args) {
      const call = () => {
        if (isTest && failure !== undefined) {
          throw failure.error;
        }
        return Reflect.apply(fn, this, args);
      };
      return current === undefined ? call() : current.run(call);
    };
    runnable.fn = Object.defineProperty(inScope, 'length', { value: fn.length });
    wrapped.add(inScope);
  };

  const begin = async function (this: Context) {
    this.timeout(NO_LIMIT);
    const { currentTest } = this;
    const file = currentTest.file ?? '';
    try {
      current = await cassettes.open({ file, name: nameOf(currentTest), id: firstAttempt(currentTest) });
    } catch (error) {
      // The test's failure: that of a root hook would end the run.
      failure = { error };
    }
  };
  const end = async function (this: Context) {
    this.timeout(NO_LIMIT);
    const ended = current;
    current = undefined;
    failure = undefined;
    await ended?.close();
  };

  return {
    beforeAll(this: Context) {
      const root = this.test.parent;
      putAround(root, begin, end);
      root.eachTest((test) => wrap(test, true));
      for (const suite of suitesIn(root)) {
        for (const hook of [...suite.getHooks('beforeEach'), ...suite.getHooks('afterEach')]) {
          wrap(hook, false);
        }
      }
    },
    beforeEach: begin,
    afterEach: end,
    afterAll(this: Context) {
      reportObsolete(cassettes, this.test.parent);
      // In watch mode the next run has other tests of the same names.
      cassettes = new TestCassettes(options);
    },
  };
}

/** The hooks that stand in no suite are root hooks, too: those before and after each test are within the test's scope. */
function putAround(root: Suite, begin: RunnableFunction, end: RunnableFunction): void {
  const before = root.getHooks('beforeEach');
  const after = root.getHooks('afterEach');
  before.unshift(...taken(before, begin));
  after.push(...taken(after, end));
}

function taken(hooks: Runnable[], fn: RunnableFunction): Runnable[] {
  const at = hooks.findIndex((hook) => hook.fn === fn);
  return at === -1 ? [] : hooks.splice(at, 1);
}

function reportObsolete(cassettes: TestCassettes, root: Suite): void {
  if (root.hasOnly()) {
    // The others are not in the tree any more.
    return;
  }
  const names = new Map<string, string[]>();
  root.eachTest((test) => {
    const { file = '' } = test;
    names.set(file, [...(names.get(file) ?? []), nameOf(test)]);
  });
  for (const [file, ofFile] of names) {
    cassettes.reportObsolete(file, ofFile);
  }
}

function nameOf(test: Test): string {
  return test.titlePath().join(' ');
}

function firstAttempt(test: Test): Test {
  const before = test.retriedTest();
  return before === undefined ? test : firstAttempt(before);
}

function* suitesIn(suite: Suite): Generator<Suite> {
  yield suite;
  for (const inner of suite.suites) {
    yield* suitesIn(inner);
  }
}
