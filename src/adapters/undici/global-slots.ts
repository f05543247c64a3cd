import type { Router } from './dispatch.js';
import { unwrapped, wrapDispatcher } from './dispatcher.js';
import { hookUndici } from './load-hook.js';
import type { DispatcherLike } from './protocol.js';

/** The slots in which every undici of a process looks for the global dispatcher. */
const SLOTS = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')] as const;

type Slots = Record<symbol, unknown>;
const slots = globalThis as unknown as Slots;

// What wraps the slots' new content now: an undici that was loaded in one hold may set its dispatcher in the next.
let refill: () => boolean = () => false;

/** What goes through the global dispatcher while this holds the slots. */
export interface HeldSlots {
  /** Wraps what somebody else has put there meanwhile. True where there was anything. */
  reclaim(): boolean;
  /** Gives the slots back. */
  release(): void;
}

/**
 * Takes the global slots: what is in them, and what the program puts there from now on, goes through the router. The
 * original of a slot stays what the program would have had there without this.
 */
export function holdSlots(router: Router): HeldSlots {
  // The built-in dispatcher's slots count as empty, for an npm undici that is loaded, until the program has used it.
  let builtinUsed = false;
  const builtin = loadBuiltin();

  const fill = () => {
    let changed = false;
    for (const slot of SLOTS) {
      const current = slots[slot];
      if (isDispatcher(current) && unwrapped(current) === undefined && !isMockAgent(current)) {
        slots[slot] = wrapDispatcher(current, router, () => {
          builtinUsed ||= builtin.has(current);
        });
        changed = true;
      }
    }
    return changed;
  };

  const empty = (keepBuiltin: boolean) => {
    for (const slot of SLOTS) {
      const original = unwrapped(slots[slot]);
      if (original !== undefined) {
        slots[slot] = keepBuiltin || !builtin.has(original) ? original : undefined;
      }
    }
  };

  fill();
  const unhook = hookUndici('lib/global.js', {
    before: () => empty(builtinUsed),
    after: (exports) => {
      restoreBuiltin(builtin);
      fill();
      const { setGlobalDispatcher } = exports;
      if (typeof setGlobalDispatcher === 'function') {
        exports.setGlobalDispatcher = named('setGlobalDispatcher', (dispatcher: unknown) => {
          Reflect.apply(setGlobalDispatcher, undefined, [dispatcher]);
          refill();
        });
      }
    },
  });
  refill = fill;
  return {
    reclaim: fill,
    release() {
      refill = () => false;
      unhook();
      empty(true);
    },
  };
}

/** The dispatcher that would answer a request of this process without this. */
export function globalOriginal(): DispatcherLike {
  const current = slots[SLOTS[0]] ?? slots[SLOTS[1]];
  if (current === undefined) {
    loadBuiltin();
    return globalOriginal();
  }
  return unwrapped(current) ?? (current as DispatcherLike);
}

/** The built-in dispatcher of each slot that it fills, by the dispatcher. */
type Builtin = ReadonlyMap<unknown, symbol>;

/**
 * Loads the built-in undici, which fills the slots that it reads, and puts back what was in them before: an npm undici
 * that came first keeps its place.
 */
function loadBuiltin(): Builtin {
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

/** Fills slots that an npm undici left empty with what the built-in one had put there. */
function restoreBuiltin(builtin: Builtin): void {
  for (const [dispatcher, slot] of builtin) {
    slots[slot] ??= dispatcher;
  }
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
