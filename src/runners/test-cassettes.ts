import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { partsFolder, testCassettePath } from '../cassette-name.js';
import { CassetteLoadError, InvalidOptionError, RequestOutsideScopeError } from '../core/errors.js';
import type { Route } from '../core/route.js';
import type { ScopeOptions } from '../open-cassette.js';
import { routeToNothing } from '../opening.js';
import { type CassetteOptions, type ChosenMode, isCI, resolveOptions } from '../options.js';
import { interceptGlobals, reclaim, routeOutside, runInScope } from '../routing.js';
import { type RunningTest, runInTest } from '../running-test.js';
import { modeForScope, openScope } from '../scope.js';
import { JsonFileCassetteStore } from '../stores/json-file.js';
import { warnOnce } from '../warnings.js';
import { explained } from './explained.js';
import { obsoleteCassettes } from './obsolete.js';

/** A test, as its runner tells of it. */
export interface TestOfRunner {
  /** Its file: a path, or a `file:` URL. */
  readonly file: string;
  /** Its own name and those of the suites around it, outermost first, with spaces between them. */
  readonly name: string;
  /** What is the same in each attempt of one test, and another thing for another test. */
  readonly id: unknown;
}

/** The test that has a cassette. */
interface Owner {
  readonly test: TestOfRunner;
  /** The mode of all its attempts: one that is made again while the cassette is recorded asks anew, as it does live. */
  readonly chosen: ChosenMode;
}

// A test that forgot its cassette fails, and does not go live; the servers that tests start themselves are theirs.
const DEFAULTS = { outside: 'error', passthrough: ['loopback'] } as const;

/** The cassettes of the tests of one run. From its making on, what is outside of them is refused. */
export class TestCassettes {
  readonly #options: CassetteOptions;
  /** By the cassette's path, as a file system sees it that does not tell upper from lower case. */
  readonly #owners = new Map<string, Owner>();
  readonly #folderEnding: string;

  /**
   * @param folderEnding What the folder of a test file's cassettes is called behind the file's own name.
   * @throws InvalidOptionError for an option that cannot be used.
   */
  constructor(options: ScopeOptions = {}, folderEnding = '') {
    this.#folderEnding = folderEnding;
    const { outside, ...rest } = resolveOptions<CassetteOptions>(options, ['mode'], DEFAULTS);
    this.#options = rest;
    interceptGlobals();
    if (outside === 'error') {
      routeOutside(routeToNothing(rest, (request) => new RequestOutsideScopeError(request)));
    }
  }

  /**
   * Opens the scope of a test, or of one more attempt of it.
   *
   * @throws InvalidOptionError where another test has the same cassette; CassetteLoadError where it cannot be read.
   */
  async open(test: TestOfRunner): Promise<TestScope> {
    const path = testCassettePath(test.file, test.name, this.#folderEnding);
    const { chosen } = this.#claim(path, test);
    reclaim();
    const wasThere = existsSync(path);
    if (chosen.mode === 'replay' && !wasThere) {
      // Only a request needs a cassette: many tests make none.
      const refusal = (request: string) => new CassetteLoadError(path, missing(request, chosen));
      const reported = { location: path, mode: chosen.mode, modeSource: chosen.source };
      return new TestScope(path, routeToNothing(this.#options, refusal, reported), async () => {});
    }
    const store = new JsonFileCassetteStore(path, { createIfMissing: true, warn: warnOnce });
    const scope = await openScope(store, chosen, this.#options);
    return new TestScope(path, scope.route, async () => {
      await scope.close();
      if (!wasThere && existsSync(path)) {
        warnOnce(`recorded a new cassette, ${path}`);
      }
    });
  }

  /**
   * Says which cassettes of a test file are of no test any more.
   *
   * @param names The full names of all its tests, those that were skipped included.
   * @param why What makes a cassette obsolete.
   */
  reportObsolete(file: string, names: Iterable<string>, why = 'no test has the name any more'): void {
    const own = [...names].map((name) => testCassettePath(file, name, this.#folderEnding));
    const used = new Set([...own, ...own.map(partsFolder)].map(keyOf));
    const { ofFile, gone } = obsoleteCassettes(file, this.#folderEnding);
    warnOfObsolete(
      ofFile.filter((path) => !used.has(keyOf(path)) && !used.has(keyOf(dirname(path)))),
      why,
    );
    warnOfObsolete(gone, 'no test file is there any more');
  }

  #claim(path: string, test: TestOfRunner): Owner {
    const key = keyOf(path);
    const owner = this.#owners.get(key) ?? {
      test,
      chosen: modeForScope(this.#options.mode, path, 'the test runner'),
    };
    if (owner.test.id !== test.id) {
      throw new InvalidOptionError(
        'test name',
        `${JSON.stringify(test.name)} and ${JSON.stringify(owner.test.name)} in ${test.file} are two tests with one cassette, ` +
          `${path}. Rename one of them.`,
      );
    }
    this.#owners.set(key, owner);
    return owner;
  }
}

/** The scope of one attempt of a test. */
export class TestScope {
  readonly #test: RunningTest;
  readonly #route: Route;
  readonly #close: () => Promise<void>;

  constructor(cassette: string, route: Route, close: () => Promise<void>) {
    this.#test = { cassette };
    this.#route = route;
    this.#close = close;
  }

  /** Runs a part of the test, its function or a hook, in its scope. Where that fails, the error explains a MISS. */
  run<T>(part: () => T): T {
    const inTest = () => runInTest(this.#test, part);
    return runInScope(this.#route, () => {
      try {
        const result = inTest();
        if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') {
          return Promise.resolve(result).catch((error: unknown) => {
            throw this.explained(error);
          }) as T;
        }
        return result;
      } catch (error) {
        throw this.explained(error);
      }
    });
  }

  /** The same error, with the reason why a request of this test was not answered in its text. */
  explained(error: unknown): unknown {
    return explained(error, this.#route.unanswered.first);
  }

  /** @throws CassetteSaveError, UnusedInteractionsError */
  close(): Promise<void> {
    return this.#close();
  }
}

function warnOfObsolete(paths: readonly string[], why: string): void {
  if (paths.length > 0) {
    const what = paths.length === 1 ? 'cassette is' : 'cassettes are';
    warnOnce(`${paths.length} ${what} obsolete: ${why}. Delete what is not needed: ${paths.join(', ')}`);
  }
}

function missing(request: string, { mode, source }: ChosenMode) {
  const where = isCI() ? 'where CI is not set, or with' : 'with';
  return {
    problem: `it does not exist, so ${request} has no answer`,
    hint: `The mode is ${mode} (set by ${source}). To record it, run the test ${where} INTERPOSITION_MODE=record.`,
  };
}

function keyOf(path: string): string {
  return join(path).normalize('NFC').toLowerCase();
}
