import type { HeaderPair } from './interaction.js';
import type { MetadataPair } from './metadata.js';

/** Is it a name and its value, both strings? */
export function isPair(value: unknown): value is MetadataPair {
  return (
    Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'string'
  );
}

/** Are they the same pairs in the same order? `a` may hold lists of another length, which are the same as no pair. */
export function isSamePairs(a: readonly MetadataPair[], b: readonly MetadataPair[]): boolean {
  return (
    a.length === b.length &&
    a.every((one, index) => {
      const other = b[index] as MetadataPair;
      return one.length === 2 && one[0] === other[0] && one[1] === other[1];
    })
  );
}

/**
 * The same for the headers of two requests that a program has made. A loop of its own, as each request comes here: V8
 * compiles one that has seen frozen lists, such as those of recordings, to slower code.
 */
export function isSameHeaders(a: readonly HeaderPair[], b: readonly HeaderPair[]): boolean {
  if (a.length !== b.length) {
    return false;
  }
  for (let index = 0; index < a.length; index++) {
    const one = a[index] as HeaderPair;
    const other = b[index] as HeaderPair;
    if (one[0] !== other[0] || one[1] !== other[1]) {
      return false;
    }
  }
  return true;
}
