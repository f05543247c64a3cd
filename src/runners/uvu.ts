import type { ScopeOptions } from '../open-cassette.js';
import { TestCassettes, type TestScope } from './test-cassettes.js';

type Callback = (context: never) => unknown;

interface Hook {
  (hook: Callback): void;
  each(hook: Callback): void;
}

/** What this uses of a suite of uvu's; its `test` is one, too. */
export interface UvuSuite {
  (name: string, test: Callback): void;
  only(name: string, test: Callback): void;
  skip(name?: string, test?: Callback): void;
  before: Hook;
  after: Hook;
  run(): void;
}

/** uvu tells so in a suite's context. */
interface Context {
  readonly __suite__: string;
  readonly __test__: string;
}

/** A test file, of which each suite tells for itself. */
interface TestFile {
  /** The full names of the tests of suites that have ended. */
  readonly names: string[];
  /** How many suites are yet to end. */
  suites: number;
}

const files = new Map<string, TestFile>();

/**
 * Gives each test of a uvu suite a cassette of its own: `const test = useCassettes(suite('users'), import.meta.url);`.
 * uvu does not tell a test's file, and has no hooks for all files.
 *
 * @param suite A suite, or uvu's own `test`.
 * @param file The test file: `import.meta.url` or `__filename`.
 * @param options Those of a scope. Where left out, `outside` is `'error'`, and `passthrough` is `['loopback']`.
 * @returns A suite to be used in its place.
 * @throws InvalidOptionError for an option that cannot be used.
 */
export function useCassettes<Suite extends UvuSuite>(
  suite: Suite,
  file: string,
  options: ScopeOptions = {},
): Suite {
  const cassettes = new TestCassettes(options);
  const names: string[] = [];
  const ofFile = files.get(file) ?? { names: [], suites: 0 };
  files.set(file, ofFile);
  let current: TestScope | undefined;
  let failed = false;

  const begin = async ({ __suite__, __test__ }: Context) => {
    failed = false;
    current = await cassettes.open({ file, name: nameOf(__suite__, __test__), id: {} });
  };
  const end = async () => {
    const ended = current;
    current = undefined;
    // What is thrown here after a failed test ends the run, and uvu would call it a success.
    await ended?.close().catch((error: unknown) => {
      if (!failed) {
        throw error;
      }
    });
  };
  const inScope = (callback: Callback) => async (context: never) => {
    try {
      await (current === undefined ? callback(context) : current.run(() => callback(context)));
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const add = (register: (name: string, test: Callback) => void) => (name: string, test: Callback) => {
    names.push(name);
    register(name, inScope(test));
  };

  suite.before.each(begin);
  return Object.assign(add(suite), {
    only: add(suite.only),
    skip(name?: string, test?: Callback) {
      names.push(name ?? '');
      suite.skip(name, test);
    },
    before: Object.assign((hook: Callback) => suite.before(hook), {
      each: (hook: Callback) => suite.before.each(inScope(hook)),
    }),
    after: Object.assign((hook: Callback) => suite.after(hook), {
      each: (hook: Callback) => suite.after.each(inScope(hook)),
    }),
    run() {
      suite.after.each(end);
      ofFile.suites++;
      suite.after(({ __suite__ }: Context) => {
        ofFile.names.push(...names.map((name) => nameOf(__suite__, name)));
        if (--ofFile.suites === 0) {
          cassettes.reportObsolete(file, ofFile.names);
        }
      });
      suite.run();
      // For tests that are added after this.
      suite.before.each(begin);
    },
  }) as UvuSuite as Suite;
}

function nameOf(suite: string, test: string): string {
  return suite === '' ? test : `${suite} ${test}`;
}
