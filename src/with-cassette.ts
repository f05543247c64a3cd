import { existsSync } from 'node:fs';
import { callingFile, cassettePath, nameOfFile } from './cassette-name.js';
import type { CassetteStore } from './core/cassette-store.js';
import { type BrokerMode, InvalidOptionError } from './core/errors.js';
import { DEFAULT_MODE_SOURCE } from './install.js';
import {
  closeCassette,
  identity,
  type Opened,
  openCassette,
  routeAside,
  routeTo,
  settle,
} from './opening.js';
import {
  type CassetteOptions,
  type ChosenMode,
  type InterpositionOptions,
  isCI,
  requestedMode,
  resolveOptions,
} from './options.js';
import { interceptGlobals, reclaim, routeOutside, runInScope } from './routing.js';

/**
 * Runs a function in a scope of its own: the requests that it makes, and that what it starts makes, are recorded into
 * or answered from the scope's cassette. Needs no installation; scopes run in parallel without seeing each other, and
 * of nested ones the inner one answers.
 *
 * The cassette is `__cassettes__/<name>.json`; without a name, the function's own name or else the calling file's.
 * Without a mode the scope decides at entry: a cassette that is missing is recorded, except in CI, and one that is
 * there is replayed; one that this process has begun is replayed and added to. `INTERPOSITION_MODE` wins over all.
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
  if (typeof fn !== 'function') {
    throw new InvalidOptionError('withCassette', 'its last argument is not a function.');
  }
  const given = typeof first === 'string' ? { name: first } : first;
  const options = resolveOptions(given, ['name', 'mode']);
  // A scope's own cassette: one that the environment names would throw all scopes together.
  const where =
    given.store ?? given.cassette ?? cassettePath(given.name ?? nameFor(fn, callingFile(withCassette)));
  const scope = await enter(where, modeFor(options.mode, where), options);
  const route = routeTo(await scope.opened);
  if (options.outside === 'error') {
    routeOutside(routeAside(route, 'error'));
  }
  let result: Awaited<T>;
  try {
    result = await runInScope(route, fn);
  } catch (error) {
    // The function's own error is the one to see; a failed save is often what caused it.
    await settle(route).catch(() => {});
    await leave(scope).catch(() => {});
    throw error;
  }
  try {
    await settle(route);
  } finally {
    await leave(scope);
  }
  return result;
}

/** A cassette that scopes have open; those on the same cassette with the same mode and options share it. */
interface SharedScope {
  readonly key: string;
  readonly place: string;
  readonly mode: BrokerMode;
  readonly opened: Promise<Opened>;
  users: number;
}

const shared = new Map<string, SharedScope>();
// A cassette that was missing is still being made: the scopes of this process that come after replay what is there, and
// add what is not.
const begunHere = new Set<string>();
let intercepting = false;

async function enter(
  where: string | URL | CassetteStore,
  chosen: ChosenMode,
  options: InterpositionOptions,
): Promise<SharedScope> {
  if (!intercepting) {
    // For good: what a scope started may make requests long after the scope has ended, and they belong to it.
    intercepting = true;
    interceptGlobals();
  }
  reclaim();
  const place = identity(where);
  const key = sharingKey(place, chosen.mode, options);
  let scope = shared.get(key);
  if (scope === undefined) {
    scope = {
      key,
      place,
      mode: chosen.mode,
      opened: openCassette(chosen, where, options),
      users: 0,
    };
    shared.set(key, scope);
    const mine = scope;
    scope.opened.catch(() => forget(mine));
  }
  scope.users++;
  return scope;
}

async function leave(scope: SharedScope): Promise<void> {
  if (--scope.users === 0) {
    forget(scope);
    await closeCassette(await scope.opened);
  }
}

function forget(scope: SharedScope): void {
  if (shared.get(scope.key) === scope) {
    shared.delete(scope.key);
  }
}

const objectNumbers = new WeakMap<object, number>();
let objects = 0;

/** What scopes must have in common to share a Broker. Functions are told apart by their identity, and so are RegExps. */
function sharingKey(place: string, mode: BrokerMode, options: CassetteOptions): string {
  const { name: _name, cassette: _cassette, store: _store, mode: _mode, ...rest } = options;
  return JSON.stringify([place, mode, rest], (_member, value: unknown) => {
    if (isPlain(value)) {
      return value;
    }
    if (!objectNumbers.has(value)) {
      objectNumbers.set(value, ++objects);
    }
    return { object: objectNumbers.get(value) };
  });
}

function isPlain(value: unknown): value is Exclude<unknown, object> {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return !isObject || Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}

function modeFor(fromCode: BrokerMode | undefined, where: string | URL | CassetteStore): ChosenMode {
  const requested = requestedMode(fromCode, 'the options of withCassette');
  if (requested !== undefined) {
    return requested;
  }
  const place = identity(where);
  const missing = isPath(where) && !existsSync(place);
  if (missing && !isCI()) {
    begunHere.add(place);
  }
  if (!begunHere.has(place)) {
    return { mode: 'replay', source: DEFAULT_MODE_SOURCE };
  }
  const isOpen = [...shared.values()].some((scope) => scope.place === place && scope.mode === 'record');
  return missing || isOpen
    ? { mode: 'record', source: 'the default for a cassette that is missing' }
    : { mode: 'auto', source: 'the default for a cassette that this process began', continues: true };
}

function nameFor(fn: () => unknown, file: string | undefined): string {
  const name = fn.name || (file === undefined ? '' : nameOfFile(file));
  if (name === '') {
    throw new InvalidOptionError(
      'withCassette',
      'neither a function name nor a file names the cassette; name it.',
    );
  }
  return name;
}

function isPath(where: string | URL | CassetteStore): where is string | URL {
  return typeof where === 'string' || where instanceof URL;
}
