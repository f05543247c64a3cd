import { printableLine } from '../core/printable.js';

/** Something that was not carried over. */
interface Lost {
  readonly entry: number;
  readonly what: string;
  readonly why: string;
}

/** One line for each that differs, with the entries that it is true of. */
export function lostLines(all: readonly Lost[]): string[] {
  const entries = new Map<string, number[]>();
  for (const { entry, what, why } of all) {
    const text = `${what}: ${why}`;
    const known = entries.get(text);
    if (known === undefined) {
      entries.set(text, [entry]);
    } else if (known.at(-1) !== entry) {
      known.push(entry);
    }
  }
  return [...entries].map(([text, numbers]) => {
    const noun = numbers.length === 1 ? 'entry' : 'entries';
    return printableLine(`  ${noun} ${ranges(numbers)}: ${text}`);
  });
}

/** `1-3, 7`, of numbers that ascend. */
function ranges(numbers: readonly number[]): string {
  const found: [first: number, last: number][] = [];
  for (const number of numbers) {
    const range = found.at(-1);
    if (range?.[1] === number - 1) {
      range[1] = number;
    } else {
      found.push([number, number]);
    }
  }
  return found.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ');
}
