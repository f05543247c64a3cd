import { hash } from 'node:crypto';
import { dateOf } from '../../core/clock.js';

/**
 * The key that says that there is a cassette, also where it is empty. It comes after those of interactions in the order
 * of names, in which some services list keys, and some drivers only the first thousand: a list with this one has all.
 */
export const MARKER = 'interposition';

const KEY = /^(\d{8}T\d{9})-(\d{7})-([\da-f]{32})$/;
const TIME_LENGTH = '20260102T030405678'.length;
const HASH_LENGTH = 32;
/** The end of the year 9999. */
const LAST_MS = 253_402_300_799_999;

/** Is it the key of an interaction? */
export function isKey(name: string): boolean {
  return KEY.test(name);
}

/**
 * The key of an interaction: when it was recorded, a place among those of the same time, and a hash of its value. In the
 * order of their names keys are in the order of their cassette. Whoever stores the same behind the same finds the same
 * key, and whoever stores something else another one.
 *
 * @param before The key of what stands in front of it.
 * @param recordedAtMs In milliseconds since 1970; undefined where nothing says when.
 * @param digest As `hashOf` gives it.
 */
export function keyAfter(
  before: string | undefined,
  recordedAtMs: number | undefined,
  digest: string,
): string {
  const time = timeText(Math.min(Math.max(recordedAtMs ?? 0, 0), LAST_MS));
  const timeBefore = before?.slice(0, TIME_LENGTH) ?? '';
  return time > timeBefore
    ? keyOf(time, 0, digest)
    : keyOf(timeBefore, Number(before?.slice(TIME_LENGTH + 1, -HASH_LENGTH - 1)) + 1, digest);
}

/** ISO 8601 in UTC without punctuation, to the millisecond. */
function timeText(ms: number): string {
  const iso = dateOf(ms).toISOString();
  const [year, month, day] = [iso.slice(0, 4), iso.slice(5, 7), iso.slice(8, 10)];
  return `${year}${month}${day}T${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}${iso.slice(20, 23)}`;
}

/** What the key of a value ends with. */
export function hashOf(value: string): string {
  return hash('sha256', value).slice(0, HASH_LENGTH);
}

/** The hash in a key. */
export function hashIn(key: string): string {
  return key.slice(-HASH_LENGTH);
}

function keyOf(time: string, place: number, digest: string): string {
  return `${time}-${String(place).padStart(7, '0')}-${digest}`;
}
