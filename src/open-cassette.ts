import { cassettePath } from './cassette-name.js';
import { type CassetteOptions, resolveOptions } from './options.js';
import { enterScope } from './routing.js';
import { modeForScope, openScope, type Scope } from './scope.js';

/** Options of `withCassette`, without those that say where the cassette is. */
export type ScopeOptions = Omit<CassetteOptions, 'name' | 'cassette' | 'store'>;

/** A cassette that `openCassette` has opened, and the scope that goes with it. */
export interface OpenedCassette extends AsyncDisposable {
  /**
   * Ends the scope. Resolves when every recording that was begun in it is saved. Calling it again gives the same promise.
   *
   * @throws CassetteSaveError where a recording could not be saved and no request told so.
   * @throws UnusedInteractionsError with `unused: 'error'`, where a recording was not used.
   */
  close(): Promise<void>;
}

/**
 * Opens a scope that lasts until it is closed: for a hook, where there is no function to wrap. It covers what the calling
 * function does from here on, and what that starts, until `close()` or the end of an `await using` block. Await it before
 * the first request. What is still running after its end is outside of it.
 *
 * @param name The cassette's name, as that of `withCassette`.
 * @param options Those of `withCassette`, but for where the cassette is. What is left out is the config file's.
 * @throws InvalidOptionError; CassetteLoadError.
 */
export function openCassette(name: string, options: ScopeOptions = {}): Promise<OpenedCassette> {
  // Not in an async function: there, the scope would be entered for this function, and not for the one that calls.
  const lasting = enterScope();
  return open(name, options).then(
    (scope) => {
      lasting.begin(scope.route);
      let closed: Promise<void> | undefined;
      const close = () => {
        lasting.end();
        closed ??= scope.close();
        return closed;
      };
      return { close, [Symbol.asyncDispose]: close };
    },
    (error: unknown) => {
      lasting.end();
      throw error;
    },
  );
}

async function open(name: string, given: ScopeOptions): Promise<Scope> {
  const where = cassettePath(name);
  const options = resolveOptions({ ...given, name }, ['name', 'mode']);
  return openScope(where, modeForScope(options.mode, where, 'openCassette'), options);
}
