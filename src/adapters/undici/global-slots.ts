import type { Router } from './dispatch.js';
import { unwrapped, wrapDispatcher } from './dispatcher.js';
import { hookUndici } from './load-hook.js';
import type { DispatcherLike } from './protocol.js';

/** The slots in which every undici of a process looks for the global dispatcher. */
const SLOTS = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')] as const;

type Slots = Record<symbol, unknown>;
const slots = globalThis as unknown as Slots;

/** What goes through the global dispatcher while this holds the slots. */
export interface HeldSlots {
  /** Wraps what somebody else has put there meanwhile. True where there was anything. */
  reclaim(): boolean;
  /** Gives the slots back. */
  release(): void;
}

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
  hookGlobals();
  fill();
  return {
    reclaim: fill,
    release() {
      holder = undefined;
      empty(true);
    },
  };
}

/** Wraps what is in the slots, while they are held. True where anything was not wrapped. */
function fill(): boolean {
  let changed = false;
  for (const slot of holder === undefined ? [] : SLOTS) {
    const current = slots[slot];
    if (isDispatcher(current) && unwrapped(current) === undefined && !isMockAgent(current)) {
      slots[slot] = wrapDispatcher(
        current,
        () => holder?.(),
        () => {
          builtinUsed ||= builtin?.has(current) ?? false;
        },
      );
      changed = true;
    }
  }
  return changed;
}

/** Takes out the wrappers; and the built-in dispatchers with them, where they are not to be kept. */
function empty(keepBuiltin: boolean): void {
  for (const slot of SLOTS) {
    const original = unwrapped(slots[slot]) ?? slots[slot];
    const left = keepBuiltin || !builtin?.has(original) ? original : undefined;
    if (slots[slot] !== left) {
      slots[slot] = left;
    }
  }
}

// For good: an npm undici that is loaded after the slots were given back finds them as it would have, too.
function hookGlobals(): void {
  if (hooked) {
    return;
  }
  hooked = true;
  hookUndici('lib/global.js', {
    before: () => empty(builtinUsed),
    after: (exports) => {
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

/** The dispatcher that would answer a request of this process without this. */
export function globalOriginal(): DispatcherLike {
  builtin ??= loadBuiltin();
  const current = slots[SLOTS[0]] ?? slots[SLOTS[1]];
  return unwrapped(current) ?? (current as DispatcherLike);
}

/**
 * Loads the built-in undici, which fills the slots that it reads, and puts back what was in them before: an npm undici
 * that came first keeps its place.
 */
function loadBuiltin(): ReadonlyMap<unknown, symbol> {
  const before = SLOTS.map((slot) => slots[slot]);
  // The getter loads it; where something else was loaded already this changes nothing.
  void globalThis.Response;
  const builtin = new Map<unknown, symbol>();
  SLOTS.forEach((slot, index) => {
    if (before[index] === undefined && slots[slot] !== undefined) {
      builtin.set(slots[slot], slot);
    } else if (slots[slot] !== before[index]) {
      slots[slot] = before[index];
    }
  });
  return builtin;
}

function isDispatcher(value: unknown): value is DispatcherLike {
  return typeof (value as DispatcherLike | undefined)?.dispatch === 'function';
}

/** A test's own mock answers for itself. */
function isMockAgent(dispatcher: DispatcherLike): boolean {
  return typeof (dispatcher as { disableNetConnect?: unknown }).disableNetConnect === 'function';
}

function named<T extends (...args: never[]) => unknown>(name: string, value: T): T {
  return Object.defineProperty(value, 'name', { value: name });
}
