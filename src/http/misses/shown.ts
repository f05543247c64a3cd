import type { JsonValue } from '../matching/request-parts.js';

/** How much of a value an explanation shows, in characters. */
export const SHOWN = 80;

/** How much of what both texts begin with is shown in front of the place where they part. */
const CONTEXT = 20;

const CUT = '…';

/** The value as JSON, at most `limit` characters and a mark where it was cut. Never prints more than it shows. */
export function shown(value: JsonValue, limit = SHOWN): string {
  let text = '';
  const add = (more: string): boolean => {
    text += more;
    return text.length <= limit;
  };
  // Each level begins with a bracket, so the limit bounds the depth too.
  const print = (item: JsonValue): boolean => {
    if (typeof item === 'string') {
      return add(JSON.stringify(item.slice(0, limit + 1)));
    }
    if (typeof item !== 'object' || item === null) {
      return add(JSON.stringify(item));
    }
    if (!add(Array.isArray(item) ? '[' : '{')) {
      return false;
    }
    if (Array.isArray(item)) {
      return item.every((child: JsonValue, index) => add(index === 0 ? '' : ',') && print(child)) && add(']');
    }
    const members = item as { readonly [name: string]: JsonValue };
    const isWhole = Object.keys(members).every((name, index) => {
      const comma = index === 0 ? '' : ',';
      return add(`${comma}${JSON.stringify(name.slice(0, limit))}:`) && print(members[name] as JsonValue);
    });
    return isWhole && add('}');
  };
  print(value);
  return shortened(text, limit);
}

/** The value as `shown`; undefined for none. */
export function shownIfThere(value: JsonValue | undefined): string | undefined {
  return value === undefined ? undefined : shown(value);
}

/** The text, cut where it is longer. */
export function shortened(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - CUT.length)}${CUT}`;
}

/** Two texts as JSON strings. Where they are long, from a little before the place where they part. */
export function shownTexts(recorded: string, actual: string): [string, string] {
  let start = 0;
  if (Math.max(recorded.length, actual.length) > SHOWN - 2) {
    while (start < recorded.length && recorded[start] === actual[start]) {
      start++;
    }
    start = start > 2 * CONTEXT ? start - CONTEXT : 0;
  }
  const from = (text: string) => shown(start === 0 ? text : `${CUT}${text.slice(start, start + SHOWN)}`);
  return [from(recorded), from(actual)];
}
