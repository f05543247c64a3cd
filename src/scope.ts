import { existsSync } from 'node:fs';
import type { CassetteStore } from './core/cassette-store.js';
import type { BrokerMode } from './core/errors.js';
import type { Route } from './core/route.js';
import { DEFAULT_MODE_SOURCE } from './install.js';
import { closeCassette, identity, type Opened, openBroker, routeAside, routeTo, settle } from './opening.js';
import { type CassetteOptions, type ChosenMode, isCI, requestedMode } from './options.js';
import { interceptGlobals, reclaim, routeOutside } from './routing.js';
import { parseAddress } from './stores/addresses/address.js';

/** A cassette that is open for one scope. */
export interface Scope {
  readonly route: Route;
  /**
   * Waits until every recording that was begun in the scope is saved, and closes the cassette where no other scope has it
   * open.
   *
   * @throws CassetteSaveError where a recording could not be saved and no request told so.
   * @throws UnusedInteractionsError with `unused: 'error'`, where a recording was not used.
   */
  close(): Promise<void>;
}

/**
 * Opens a cassette for a scope.
 *
 * @param options Resolved ones.
 * @throws CassetteLoadError where it cannot be loaded: in `replay` also where it is missing.
 */
export async function openScope(
  where: string | URL | CassetteStore,
  chosen: ChosenMode,
  options: CassetteOptions,
): Promise<Scope> {
  const entry = enter(where, chosen, options);
  const route = routeTo(await entry.opened);
  if (options.outside === 'error') {
    routeOutside(routeAside(route, 'error'));
  }
  return {
    route,
    async close() {
      try {
        await settle(route);
      } finally {
        await leave(entry);
      }
    },
  };
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
// add what is not. By its place: the attempt of a test that it was begun in, where it is that test's own.
const begunHere = new Map<string, object | undefined>();
let intercepting = false;

function enter(
  where: string | URL | CassetteStore,
  chosen: ChosenMode,
  options: CassetteOptions,
): SharedScope {
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
      opened: openBroker(chosen, where, options),
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

/**
 * The mode of a scope that begins now: a cassette file that is missing is recorded, except in CI; one that this process
 * has begun is replayed and added to, or recorded anew where the test is made again that it is of; any other cassette is
 * replayed.
 *
 * @param fromCode What the options say.
 * @param call Where they were given, for messages.
 * @param attempt The attempt of the test whose own the cassette is.
 */
export function modeForScope(
  fromCode: BrokerMode | undefined,
  where: string | URL | CassetteStore,
  call: string,
  attempt?: object,
): ChosenMode {
  const requested = requestedMode(fromCode, `the options of ${call}`);
  if (requested !== undefined) {
    return requested;
  }
  const place = identity(where);
  const missing = isFile(where) && !existsSync(place);
  const isBegun = begunHere.has(place);
  if (!isBegun && (!missing || isCI())) {
    return { mode: 'replay', source: DEFAULT_MODE_SOURCE };
  }
  const isMadeAgain = isBegun && begunHere.get(place) !== attempt;
  begunHere.set(place, attempt);
  const isOpen = [...shared.values()].some((scope) => scope.place === place && scope.mode === 'record');
  return missing || isOpen || isMadeAgain
    ? { mode: 'record', source: 'the default for a cassette that is missing' }
    : { mode: 'auto', source: 'the default for a cassette that this process began', continues: true };
}

function isFile(where: string | URL | CassetteStore): boolean {
  return (typeof where === 'string' || where instanceof URL) && parseAddress(where).kind === 'file';
}
