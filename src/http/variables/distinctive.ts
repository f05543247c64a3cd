/** Longer values are contents; nothing repeats them in a text of its own. */
const LONGEST = 256;

/**
 * May a value be looked for inside other text, and in other exchanges? Where it turns up there, it has to be the value
 * and not something that looks like it: six characters that are not a word or a number by themselves, eight that are
 * a number (amounts, years and status codes are shorter), or twenty of any kind (random ids can be all letters).
 */
export function isDistinctive(value: string): boolean {
  const { length } = value;
  if (length < 6 || length > LONGEST || !/[\p{L}\p{N}]/u.test(value)) {
    return false;
  }
  if (/^[\p{L}\p{M}]+$/u.test(value)) {
    return length >= 20;
  }
  return length >= 8 || !isNumeric(value);
}

/** Digits, with or without what stands between and before them. */
function isNumeric(value: string): boolean {
  return /^[\d\s.,:/+-]*$/.test(value);
}

/** Is it long enough to be taken for the same value where it is the whole of a JSON string or of a header? */
export function isTelling(value: string): boolean {
  return value.length >= 3;
}

/** Is it long enough to be taken for the same value where it is the whole of a JSON number? */
export function isTellingNumber(value: string): boolean {
  return value.replace(/\D/g, '').length >= 4;
}
