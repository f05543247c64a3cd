import { looksRandom } from '../redaction/randomness.js';

/** Longer texts are not searched for made-up parts: nothing that long is one value of a run. */
const LONGEST = 500;

/** Parts that programs draw anew in each run, the most specific first. */
const HOLES: readonly RegExp[] = [
  // RFC 9562
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi,
  // ULID
  /(?<![A-Za-z0-9])[0-7][0-9A-HJKMNP-TV-Z]{25}(?![A-Za-z0-9])/g,
  // ISO 8601 and RFC 3339: a time
  /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?/g,
  // ISO 8601: a date
  /\d{4}-\d\d-\d\d/g,
  // RFC 9110, section 5.6.7
  /(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/g,
  // An e-mail address with a digit or a tag before its @.
  /(?<![\w.+-])(?=[a-z_.-]{0,64}[\d+])[\w.+-]{1,64}@[\w.-]{1,255}/gi,
  // Math.random()
  /\b0?\.\d{8,}/g,
  // Date.now(), seconds, microseconds and nanoseconds, also inside a word: upload-1700000000000.png
  /(?<!\d)1\d{9}(?:\d{3}|\d{6}|\d{9})?(?!\d)/g,
];

/** Words that may be hex, base64, nanoid, ULID. */
const WORD = /[\w+/=-]{10,}/g;

/**
 * Do both values look as if a program drew them anew in each run: ids, time stamps, nonces, throw-away e-mail
 * addresses? Then they are alike but for such parts. Takes values as JSON has them.
 */
export function areMadeUp(recorded: unknown, actual: unknown): boolean {
  if (typeof recorded === 'number' && typeof actual === 'number') {
    return isMadeUpNumber(recorded) && isMadeUpNumber(actual);
  }
  if (typeof recorded !== 'string' || typeof actual !== 'string') {
    return false;
  }
  const shape = shapeOf(recorded);
  return shape !== undefined && shape === shapeOf(actual);
}

/**
 * Does a segment of a path look like the name of one thing among many: a number, a long word with a digit, or something
 * that was made up? Others name kinds of things.
 */
export function isId(segment: string): boolean {
  return /^\d+$/.test(segment) || /^(?=\D*\d)[\w-]{10,}$/.test(segment) || shapeOf(segment) !== undefined;
}

/** The text with a sign in the place of each made-up part; undefined where it has none. */
function shapeOf(text: string): string | undefined {
  if (text.length > LONGEST) {
    return undefined;
  }
  const holes = HOLES.reduce((rest, hole, kind) => rest.replace(hole, `\0${kind}\0`), text);
  const shape = holes.replace(WORD, (word) =>
    looksRandom(word, 10) || /^\d{12,}$/.test(word) ? '\0' : word,
  );
  return shape === text ? undefined : shape;
}

/** The time since 1970 in seconds or milliseconds, after 2001; or a fraction with too many digits to be typed. */
function isMadeUpNumber(value: number): boolean {
  const isTime = (value >= 1e9 && value < 1e10) || (value >= 1e12 && value < 1e13);
  return isTime || /\.\d{8,}/.test(String(value));
}
