import type { Edit } from '../variables/needles.js';
import type { ByteText } from './byte-text.js';
import { placeholdersIn } from './placeholder.js';

/** Collects what is to be replaced in a text, and what is to stay whatever it looks like. */
export class Redactions {
  readonly #edits: Edit[] = [];
  readonly #kept: (readonly [start: number, end: number])[] = [];

  replace(start: number, end: number, text: string): void {
    if (start < end) {
      this.#edits.push({ start, end, text });
    }
  }

  /** What stands there is exempted by its name. */
  keep(start: number, end: number): void {
    this.#kept.push([start, end]);
  }

  /**
   * What is left to replace, from left to right and without overlap. Of two edits the one that contains the other
   * counts; of two that overlap, the first one covers both places. A placeholder, or a part of one, stays.
   */
  settled(text: ByteText): Edit[] {
    if (this.#edits.length === 0) {
      return [];
    }
    const edits = this.#edits
      .filter(({ start, end, text: next }) => text.slice(start, end) !== next)
      .sort((a, b) => a.start - b.start || b.end - a.end);
    const spared = [...placeholdersIn(text), ...this.#kept].sort((a, b) => a[0] - b[0]);
    const left: Edit[] = [];
    let next = 0;
    let sparedTo = 0;
    for (const edit of edits) {
      // The furthest end of what is spared and begins at or before the edit: a longer one may hold a shorter one.
      for (; next < spared.length && (spared[next]?.[0] ?? 0) <= edit.start; next++) {
        sparedTo = Math.max(sparedTo, spared[next]?.[1] ?? 0);
      }
      const last = left.at(-1);
      if (edit.end <= sparedTo) {
        continue;
      }
      if (last === undefined || edit.start >= last.end) {
        left.push(edit);
      } else if (edit.end > last.end) {
        left[left.length - 1] = { ...last, end: edit.end };
      }
    }
    return left;
  }
}

/** Where a place of a text is after its edits: one inside of a replaced piece is behind what replaces it. */
export function movedOffsets(offsets: readonly number[], edits: readonly Edit[]): number[] {
  const moved: number[] = [];
  let shift = 0;
  let next = 0;
  for (const offset of offsets) {
    for (; next < edits.length && (edits[next] as Edit).end <= offset; next++) {
      const { start, end, text } = edits[next] as Edit;
      shift += text.length - (end - start);
    }
    const edit = edits[next];
    const isInside = edit !== undefined && edit.start < offset;
    moved.push(isInside ? edit.start + shift + edit.text.length : offset + shift);
  }
  return moved;
}
