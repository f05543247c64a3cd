/** Is it a list of pairs of strings? */
export function isPairs(value: unknown): value is readonly (readonly [string, string])[] {
  return Array.isArray(value) && value.every(isPair);
}

function isPair(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && typeof value[1] === 'string'
  );
}

/** Is it a list of lengths in bytes? */
export function isLengths(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((length) => Number.isSafeInteger(length) && length >= 0);
}

/** Is it an object, and no list? */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Are they the same pairs in the same order? */
export function isSamePairs(
  a: readonly (readonly [string, string])[],
  b: readonly (readonly [string, string])[],
): boolean {
  return (
    a.length === b.length &&
    a.every((pair, index) => pair.length === 2 && pair[0] === b[index]?.[0] && pair[1] === b[index]?.[1])
  );
}
