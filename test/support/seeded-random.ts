/** Numbers that look random and come again with their seed (mulberry32). */
export interface SeededRandom {
  /** An integer from 0 up to, and without, `limit`. */
  below(limit: number): number;
  oneOf<T>(items: readonly T[]): T;
  bytes(length: number): Uint8Array;
}

export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return {
    below,
    oneOf: (items) => items[below(items.length)] as (typeof items)[number],
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
  };
}

/** The seed of this run: the same each time, unless `TEST_SEED` names another one. */
export function seedOfRun(): number {
  return Number(process.env['TEST_SEED'] ?? 20_261_122);
}
