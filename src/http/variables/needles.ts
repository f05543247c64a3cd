import { type Setting, spellings } from './spellings.js';

/** A piece of a text, and what is to stand in its place. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A spelling of a value that is looked for. */
interface Needle {
  /** What stands before its first token and behind its last one. */
  readonly before: string;
  readonly behind: string;
  readonly isNumber: boolean;
  readonly replacement: Readonly<Record<Setting, string>>;
}

interface Token {
  readonly start: number;
  readonly end: number;
}

interface Hit extends Token {
  readonly replacement: Needle['replacement'];
}

/** Needles by their tokens, one a level, each with what separates it from the one before. */
class Branch {
  readonly branches = new Map<string, Branch>();
  readonly needles = new Map<string, Needle>();
}

/** A percent-encoded byte, or a run of letters and digits. What stands between separates tokens. */
const TOKEN = /%[0-9A-Fa-f]{2}|[\p{L}\p{N}\p{M}]+/gu;

/** So few values are searched for one by one before a text is taken apart. */
const FEW = 64;

/** Values to look for in texts, each with what stands in its place. The time that takes does not grow with their number. */
export class Needles {
  readonly #root = new Branch();
  readonly #byValue = new Map<string, readonly string[]>();

  add(from: string, to: string): void {
    this.delete(from);
    const found = spellings(from, to);
    this.#byValue.set(from, [...found.keys()]);
    for (const [spelling, replacement] of found) {
      const steps = stepsOf(spelling);
      const last = steps.at(-1);
      if (last !== undefined) {
        let branch = this.#root;
        for (const { step } of steps) {
          const next = branch.branches.get(step) ?? new Branch();
          branch.branches.set(step, next);
          branch = next;
        }
        const before = spelling.slice(0, steps[0]?.start);
        const behind = spelling.slice(last.end);
        branch.needles.set(spelling, { before, behind, isNumber: /^\d+$/.test(spelling), replacement });
      }
    }
  }

  delete(from: string): void {
    for (const spelling of this.#byValue.get(from) ?? []) {
      prune(this.#root, spelling, stepsOf(spelling));
    }
    this.#byValue.delete(from);
  }

  /** Can any of them be in the text? */
  mayFindIn(text: string): boolean {
    if (this.#byValue.size > FEW) {
      return true;
    }
    for (const all of this.#byValue.values()) {
      if (all.some((spelling) => text.includes(spelling))) {
        return true;
      }
    }
    return false;
  }

  /** Adds those that stand in a text with their first token at this one. */
  findAt(text: string, tokens: readonly Token[], index: number, hits: Hit[]): void {
    const first = tokens[index] as Token;
    let branch = this.#root.branches.get(text.slice(first.start, first.end));
    for (let at = index; branch !== undefined; ) {
      const { end } = tokens[at] as Token;
      for (const { before, behind, isNumber, replacement } of branch.needles.values()) {
        const hit = { start: first.start - before.length, end: end + behind.length, replacement };
        const isThere = hit.start >= 0 && text.startsWith(before, hit.start) && text.startsWith(behind, end);
        if (isThere && !(isNumber && isPartOfNumber(text, hit))) {
          hits.push(hit);
        }
      }
      const next = tokens[++at];
      branch = next && branch.branches.get(text.slice(end, next.end));
    }
  }
}

/**
 * Where values stand in a text as whole tokens, from left to right and without overlap, and what is to stand there. Of
 * several at one place the longest counts, of equally long ones that of the first needles.
 */
export function findEdits(text: string, setting: Setting, all: readonly Needles[]): Edit[] {
  const likely = all.filter((needles) => needles.mayFindIn(text));
  const tokens = likely.length === 0 ? [] : tokensOf(text);
  const hits: Hit[] = [];
  for (let index = 0; index < tokens.length; index++) {
    for (const needles of likely) {
      needles.findAt(text, tokens, index, hits);
    }
  }
  let from = 0;
  return hits
    .sort((a, b) => a.start - b.start || b.end - a.end)
    .filter(({ start, end }) => {
      const isFree = start >= from;
      from = isFree ? end : from;
      return isFree;
    })
    .map(({ start, end, replacement }) => ({ start, end, text: replacement[setting] }))
    .filter((edit) => text.slice(edit.start, edit.end) !== edit.text);
}

/** The text with its edits, which stand in their order. */
export function edited(text: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const { start, end, text: replacement } of edits) {
    result += text.slice(at, start) + replacement;
    at = end;
  }
  return result + text.slice(at);
}

function tokensOf(text: string): Token[] {
  return Array.from(text.matchAll(TOKEN), ({ 0: token, index }) => ({
    start: index,
    end: index + token.length,
  }));
}

function stepsOf(spelling: string): readonly (Token & { readonly step: string })[] {
  const tokens = tokensOf(spelling);
  return tokens.map(({ start, end }, index) => ({
    start,
    end,
    step: spelling.slice(tokens[index - 1]?.end ?? start, end),
  }));
}

function prune(
  branch: Branch,
  spelling: string,
  [next, ...rest]: readonly { readonly step: string }[],
): void {
  const below = next && branch.branches.get(next.step);
  if (next === undefined || below === undefined) {
    branch.needles.delete(spelling);
    return;
  }
  prune(below, spelling, rest);
  if (below.branches.size === 0 && below.needles.size === 0) {
    branch.branches.delete(next.step);
  }
}

function isPartOfNumber(text: string, { start, end }: Token): boolean {
  return (
    /^[.,]\d/.test(text.slice(end, end + 2)) || /\d[.,]$/.test(text.slice(Math.max(0, start - 2), start))
  );
}
