import type { Edit } from '../variables/needles.js';
import type { ByteText } from './byte-text.js';

/** A spelling of a secret, and what is to stand in its place. */
export interface Spelling {
  readonly text: ByteText;
  readonly replacement: ByteText;
}

/** Spellings of this length and more are found together, however many there are. */
const WINDOW = 8;
const BLOCK = 3;
const SLOTS = 1 << 18;

/**
 * Spellings to look for in texts. Most places of a text are skipped (Wu and Manber's search: a table says how far the
 * three characters at the end of a window are from the end of any spelling's first eight).
 */
export class SecretValues {
  /** How far the window may move on where it ends with these characters. Made for the first spelling that needs it. */
  #shifts: Uint8Array | undefined;
  readonly #byStart = new Map<string, Spelling[]>();
  readonly #short = new Map<string, Spelling>();
  #shortPattern: RegExp | undefined;

  add(spelling: Spelling): void {
    const { text } = spelling;
    if (text.length < WINDOW) {
      this.#short.set(text, spelling);
      this.#shortPattern = undefined;
      return;
    }
    const start = text.slice(0, WINDOW);
    const others = this.#byStart.get(start) ?? [];
    if (others.some((other) => other.text === text)) {
      return;
    }
    // The longest first: of several that stand at one place it is the one that is meant.
    this.#byStart.set(
      start,
      [...others, spelling].sort((a, b) => b.text.length - a.text.length),
    );
    this.#shifts ??= new Uint8Array(SLOTS).fill(WINDOW - BLOCK + 1);
    for (let end = BLOCK; end <= WINDOW; end++) {
      const slot = slotAt(text, end);
      this.#shifts[slot] = Math.min(this.#shifts[slot] as number, WINDOW - end);
    }
  }

  delete(text: ByteText): void {
    const start = text.slice(0, WINDOW);
    const others = this.#byStart.get(start) ?? [];
    const left = others.filter((other) => other.text !== text);
    if (left.length < others.length) {
      if (left.length === 0) {
        this.#byStart.delete(start);
      } else {
        this.#byStart.set(start, left);
      }
    }
  }

  /** Where they stand in the text, from left to right and without overlap. */
  find(text: ByteText): Edit[] {
    const found: Edit[] = [];
    if (this.#short.size > 0) {
      this.#shortPattern ??= patternOf([...this.#short.keys()]);
      for (const { 0: value, index } of text.matchAll(this.#shortPattern)) {
        const replacement = this.#short.get(value)?.replacement ?? '';
        found.push({ start: index, end: index + value.length, text: replacement });
      }
    }
    const shifts = this.#shifts;
    if (shifts === undefined || this.#byStart.size === 0) {
      return found;
    }
    for (let end = WINDOW; end <= text.length; ) {
      const shift = shifts[slotAt(text, end)] as number;
      if (shift > 0) {
        end += shift;
        continue;
      }
      const start = end - WINDOW;
      const spelling = this.#byStart
        .get(text.slice(start, end))
        ?.find((candidate) => text.startsWith(candidate.text, start));
      if (spelling === undefined) {
        end++;
      } else {
        found.push({ start, end: start + spelling.text.length, text: spelling.replacement });
        end = start + spelling.text.length + WINDOW;
      }
    }
    return found;
  }
}

/** The slot of the block that ends there. */
function slotAt(text: string, end: number): number {
  const block = (text.charCodeAt(end - 3) << 12) ^ (text.charCodeAt(end - 2) << 6) ^ text.charCodeAt(end - 1);
  return block & (SLOTS - 1);
}

function patternOf(values: readonly string[]): RegExp {
  const longestFirst = [...values].sort((a, b) => b.length - a.length);
  return new RegExp(
    longestFirst.map((value) => value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|'),
    'g',
  );
}
