import type { MetadataPair } from './metadata.js';

/** Is it a name and its value, both strings? */
export function isPair(value: unknown): value is MetadataPair {
  return (
    Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'string'
  );
}

/** Are they the same pairs in the same order? `a` may hold lists of another length, which are the same as no pair. */
export function isSamePairs(a: readonly MetadataPair[], b: readonly MetadataPair[]): boolean {
  if (a.length !== b.length) {
    return false;
  }
  // A loop, as each look-up of a request that was asked before comes here.
  for (let index = 0; index < a.length; index++) {
    const one = a[index] as MetadataPair;
    const other = b[index] as MetadataPair;
    if (one.length !== 2 || one[0] !== other[0] || one[1] !== other[1]) {
      return false;
    }
  }
  return true;
}
