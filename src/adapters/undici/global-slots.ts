import { hostGlobal } from '../../core/host-realm.js';
import type { Router } from '../../core/route.js';
import {
  interceptDispatcher,
  isIntercepted,
  ownDispatcher,
  releasedDispatcher,
  uninterceptedDispatch,
} from './dispatcher.js';
import { hookUndici } from './load-hook.js';
import { meetClassesOf } from './own-dispatchers.js';
import { isMockAgent } from './parts.js';
import type { DispatcherLike } from './protocol.js';
import { announceOwnRealm, liveRealms, type Realm, watchRealms } from './realms.js';

/** The slots in which every undici of a process looks for the global dispatcher. */
const SLOTS = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')] as const;

type Slots = Record<symbol, unknown>;
/** Node's own `fetch` looks here, also where it is called in a VM realm. */
const slots = hostGlobal as unknown as Slots;
/** What goes through the global dispatcher while this holds the slots. */
export interface HeldSlots {
  /** Intercepts what somebody else has put there meanwhile. True where there was anything. */
  reclaim(): boolean;
  /** Gives the slots back. */
  release(): void;
}

const BUILTIN_VERSION = Number.parseInt(process.versions.undici ?? '7', 10);

/** The built-in dispatchers, and the slot that each of them fills; undefined before they are loaded. */
let builtin: ReadonlyMap<unknown, symbol> | undefined;
// For an npm undici that is loaded, their slots count as empty until the program has used them.
let builtinUsed = false;
let holder: Router | undefined;
let hooked = false;

/**
 * Takes the global slots: what is in them, and what the program puts there from now on, goes through the router. The
 * original of a slot stays what the program would have had there without this.
 */
export function holdSlots(router: Router): HeldSlots {
  holder = router;
  builtin ??= loadBuiltin();
  const unwatch = watchRealms(fillRealm);
  hookGlobals();
  reclaim();
  return {
    reclaim,
    release() {
      unwatch();
      holder = undefined;
      for (const held of [slots, ...liveRealms()]) {
        for (const slot of SLOTS) {
          replace(slot, (current) => releasedDispatcher(current), held);
        }
      }
    },
  };
}

function reclaim(): boolean {
  announceOwnRealm();
  let changed = fill();
  for (const realm of liveRealms()) {
    changed = fillRealm(realm) || changed;
  }
  return changed;
}

function fillRealm(realm: Realm): boolean {
  const dispatchers = SLOTS.map((slot) => realm[slot]).filter(isDispatcher);
  if (holder !== undefined) {
    for (const dispatcher of dispatchers) {
      // No hook saw the runner's loader load them.
      meetClassesOf(dispatcher, npmVersionIn(realm));
    }
  }
  return dispatchers.length > 0 && fill(realm);
}

/** undici 8 fills the second slot, and puts what older versions need into the first. */
function npmVersionIn(held: Slots): number {
  return held[SLOTS[0]]?.constructor.name === 'Dispatcher1Wrapper' ? 8 : 7;
}

/** Intercepts what is in the slots, while they are held. True where anything was not intercepted. */
function fill(held = slots): boolean {
  let changed = false;
  const npmVersion = npmVersionIn(held);
  for (const slot of holder === undefined ? [] : SLOTS) {
    const current = held[slot];
    if (isDispatcher(current) && !isIntercepted(current) && !isMockAgent(current)) {
      const intercept = () =>
        interceptDispatcher(current, () => holder?.(), {
          version: builtin?.has(current) ? BUILTIN_VERSION : npmVersion,
          used: () => builtin?.has(current) && noteUse(),
        });
      replace(slot, intercept, held);
      changed = true;
    }
  }
  return changed;
}

/** The program has used the built-in undici for the first time: without this, it would be loaded only now. */
function noteUse(): void {
  if (builtinUsed) {
    return;
  }
  builtinUsed = true;
  // Node 26's looks into the second slot. Where that is empty it fills both, each with a dispatcher of its own, over an
  // older undici's in the first one.
  const second = slots[SLOTS[1]] as object;
  if (builtin !== undefined && builtin.size > 1 && builtin.has(ownDispatcher(second))) {
    for (const [own, slot] of builtin) {
      slots[slot] = own;
    }
    fill();
  }
}

/** Takes the built-in dispatchers out, where the program has not used them. */
function emptyUnused(): void {
  for (const slot of builtinUsed ? [] : SLOTS) {
    replace(slot, (current) => (builtin?.has(ownDispatcher(current)) ? undefined : current));
  }
}

function replace(slot: symbol, by: (current: object) => object | undefined, held = slots): void {
  const current = held[slot];
  const next = typeof current === 'object' && current !== null ? by(current) : current;
  if (next !== current) {
    held[slot] = next;
  }
}

// For good: an npm undici that is loaded after the slots were given back finds them as it would have, too.
function hookGlobals(): void {
  if (hooked) {
    return;
  }
  hooked = true;
  hookUndici('global', {
    before: emptyUnused,
    after: ({ exports }) => {
      for (const [dispatcher, slot] of builtin ?? []) {
        // Left empty by an npm undici that does not read it.
        slots[slot] ??= dispatcher;
      }
      fill();
      const { setGlobalDispatcher } = exports;
      if (typeof setGlobalDispatcher === 'function') {
        exports.setGlobalDispatcher = named('setGlobalDispatcher', (dispatcher: unknown) => {
          Reflect.apply(setGlobalDispatcher, undefined, [dispatcher]);
          fill();
        });
      }
    },
  });
}

/** Dispatches as this process would without this. */
export function globalOriginal(): DispatcherLike {
  builtin ??= loadBuiltin();
  const current = slots[SLOTS[0]] ?? slots[SLOTS[1]];
  return { dispatch: uninterceptedDispatch(current as DispatcherLike) };
}

/**
 * Loads the built-in undici, which fills the slots that it reads, and puts back what was in them before: an npm undici
 * that came first keeps its place.
 */
function loadBuiltin(): ReadonlyMap<unknown, symbol> {
  const before = SLOTS.map((slot) => slots[slot]);
  // The getters load it; where something else was loaded already this changes nothing.
  const values = LAZY_GLOBALS.map((name) => Reflect.get(hostGlobal, name) as unknown);
  const builtin = new Map<unknown, symbol>();
  SLOTS.forEach((slot, index) => {
    if (slots[slot] !== before[index]) {
      builtin.set(slots[slot], slot);
      slots[slot] = before[index] ?? slots[slot];
    }
  });
  if (builtin.size > 0) {
    for (const [index, name] of LAZY_GLOBALS.entries()) {
      tellFirstUse(name, values[index]);
    }
  }
  return builtin;
}

/** The globals whose first use loads the built-in undici. `fetch` is another, and comes to its dispatcher at once. */
const LAZY_GLOBALS = ['Request', 'Response', 'Headers', 'FormData', 'WebSocket', 'EventSource'];

/** Makes a global as lazy as it was, to hear of its first use. */
function tellFirstUse(name: string, value: unknown): void {
  const before = Object.getOwnPropertyDescriptor(hostGlobal, name);
  if (before?.configurable !== true || value === undefined) {
    return;
  }
  const settle = (settled: unknown) => {
    const { enumerable = false } = before;
    Object.defineProperty(hostGlobal, name, {
      value: settled,
      configurable: true,
      enumerable,
      writable: true,
    });
  };
  Object.defineProperty(hostGlobal, name, {
    configurable: true,
    enumerable: before.enumerable ?? false,
    get() {
      settle(value);
      noteUse();
      return value;
    },
    set: settle,
  });
}

function isDispatcher(value: unknown): value is DispatcherLike {
  return typeof (value as DispatcherLike | undefined)?.dispatch === 'function';
}

function named<T extends (...args: never[]) => unknown>(name: string, value: T): T {
  return Object.defineProperty(value, 'name', { value: name });
}
