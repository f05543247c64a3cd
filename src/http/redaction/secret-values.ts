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
  readonly #byStart = new Map<string, Alike>();
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
    const alike = this.#byStart.get(start) ?? new Alike();
    this.#byStart.set(start, alike);
    alike.add(spelling);
    this.#shifts ??= new Uint8Array(SLOTS).fill(WINDOW - BLOCK + 1);
    for (let end = BLOCK; end <= WINDOW; end++) {
      const slot = slotAt(text, end);
      this.#shifts[slot] = Math.min(this.#shifts[slot] as number, WINDOW - end);
    }
  }

  delete(text: ByteText): void {
    const start = text.slice(0, WINDOW);
    const alike = this.#byStart.get(start);
    alike?.delete(text);
    if (alike?.size === 0) {
      this.#byStart.delete(start);
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
      const spelling = this.#byStart.get(text.slice(start, end))?.at(text, start);
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

/** Spellings that begin alike, as the tokens of one issuer do: there may be thousands of them, of few lengths. */
class Alike {
  readonly #byText = new Map<string, Spelling>();
  /** How many there are of each length. */
  readonly #counts = new Map<number, number>();
  #longestFirst: readonly number[] = [];

  get size(): number {
    return this.#byText.size;
  }

  add(spelling: Spelling): void {
    const { text } = spelling;
    if (!this.#byText.has(text)) {
      this.#byText.set(text, spelling);
      this.#count(text.length, 1);
    }
  }

  delete(text: ByteText): void {
    if (this.#byText.delete(text)) {
      this.#count(text.length, -1);
    }
  }

  /** The one that stands there; of several the longest, which is the one that is meant. */
  at(text: ByteText, start: number): Spelling | undefined {
    for (const length of this.#longestFirst) {
      const spelling = this.#byText.get(text.slice(start, start + length));
      if (spelling !== undefined) {
        return spelling;
      }
    }
    return undefined;
  }

  #count(length: number, by: 1 | -1): void {
    const before = this.#counts.get(length) ?? 0;
    const count = before + by;
    if (count === 0) {
      this.#counts.delete(length);
    } else {
      this.#counts.set(length, count);
    }
    if (before === 0 || count === 0) {
      this.#longestFirst = [...this.#counts.keys()].sort((a, b) => b - a);
    }
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
