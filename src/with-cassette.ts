import { callingFile, cassettePath, nameOfFile, partCassettePath } from './cassette-name.js';
import { InvalidOptionError } from './core/errors.js';
import { type CassetteOptions, resolveOptions } from './options.js';
import { checkScopeFunction, runInScope } from './routing.js';
import { type RunningTest, runningTest } from './running-test.js';
import { modeForScope, openScope } from './scope.js';

/**
 * Runs a function in a scope of its own: the requests that it makes, and that what it starts makes, are recorded into
 * or answered from the scope's cassette. Needs no installation; scopes run in parallel without seeing each other, and
 * of nested ones the inner one answers.
 *
 * The cassette is `__cassettes__/<name>.json`; without a name, the function's own name or else the calling file's. In a
 * test that the integration of a test runner gives a cassette, a scope without a name has one of its own under the test's:
 * `__cassettes__/<test file>/<full test name>/<function's name, or "scope">.json`, beside the test file.
 * Without a mode the scope decides at entry: a cassette that is missing is recorded, except in CI, and one that is
 * there is replayed; one that this process has begun is replayed and added to. `INTERPOSITION_MODE` wins over all. Options that are left out are
 * those of the config file, but for where the cassette is.
 *
 * @returns What the function gives, when every recording begun in the scope is saved.
 * @throws What the function throws; InvalidOptionError; CassetteLoadError; and CassetteSaveError where a recording
 * could not be saved and no request told so, and UnusedInteractionsError with `unused: 'error'`.
 */
export function withCassette<T>(fn: () => T): Promise<Awaited<T>>;
export function withCassette<T>(name: string, fn: () => T): Promise<Awaited<T>>;
export function withCassette<T>(options: CassetteOptions, fn: () => T): Promise<Awaited<T>>;
export async function withCassette<T>(
  ...args: [fn: () => T] | [nameOrOptions: string | CassetteOptions, fn: () => T]
): Promise<Awaited<T>> {
  const fn = args.at(-1) as () => T;
  const first = args.length > 1 ? (args[0] as string | CassetteOptions) : {};
  checkScopeFunction('withCassette', 'its last argument', fn);
  const given = typeof first === 'string' ? { name: first } : first;
  const options = resolveOptions(given, ['name', 'mode']);
  // A scope's own cassette: one that the environment names would throw all scopes together.
  const named =
    given.store ?? given.cassette ?? (given.name === undefined ? undefined : cassettePath(given.name));
  const test = named === undefined ? runningTest() : undefined;
  const where = named ?? unnamedPath(fn, test);
  const scope = await openScope(where, modeForScope(options.mode, where, 'withCassette', test), options);
  let result: Awaited<T>;
  try {
    result = await runInScope(scope.route, fn);
  } catch (error) {
    // The function's own error is the one to see; a failed save is often what caused it.
    await scope.close().catch(() => {});
    throw error;
  }
  await scope.close();
  return result;
}

/** In a test that an integration runs, another file for each test: a test has its answers to itself. */
function unnamedPath(fn: () => unknown, test: RunningTest | undefined): string {
  if (test !== undefined) {
    return partCassettePath(test.cassette, fn.name);
  }
  const file = callingFile(withCassette);
  const name = fn.name || (file === undefined ? '' : nameOfFile(file));
  if (name === '') {
    throw new InvalidOptionError(
      'withCassette',
      'neither a function name nor a file names the cassette; name it.',
    );
  }
  return cassettePath(name);
}
