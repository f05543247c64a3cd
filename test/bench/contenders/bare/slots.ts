import type { Stop } from '../contender.js';

const SLOTS = [Symbol.for('undici.globalDispatcher.1'), Symbol.for('undici.globalDispatcher.2')];

/** Puts a dispatcher where every undici looks for the global one. */
export function fillSlots(dispatcher: object): Stop {
  // The built-in undici fills its slots when it is first touched.
  void globalThis.Response;
  const slots = globalThis as Record<symbol, unknown>;
  const before = SLOTS.map((slot) => slots[slot]);
  for (const slot of SLOTS) {
    slots[slot] = dispatcher;
  }
  return async () => {
    SLOTS.forEach((slot, at) => {
      slots[slot] = before[at];
    });
  };
}
