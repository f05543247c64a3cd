import type { JsonValue } from './request-parts.js';

/** Deeper than what any program sends, and far from the end of the stack. */
const MAX_DEPTH = 256;

/**
 * The value of a JSON text, where the value is all that the text says: undefined for what is no JSON, and for JSON that
 * `JSON.parse` reads with a loss (a number that a double does not hold, a name that an object has twice) or that is
 * nested deeper than 256.
 */
export function parseExactly(text: string): JsonValue | undefined {
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
  // A text as short as this cannot be too deep.
  if (text.length > MAX_DEPTH && !isShallow(value, MAX_DEPTH)) {
    return undefined;
  }
  return JSON.stringify(value) === text || losesNothing(text, value) ? value : undefined;
}

function isShallow(value: JsonValue, levels: number): boolean {
  if (typeof value !== 'object' || value === null) {
    return true;
  }
  return levels > 0 && Object.values(value).every((child) => isShallow(child, levels - 1));
}

const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Does the value hold all that its JSON text says: every member, and every number as it is written? */
function losesNothing(text: string, value: JsonValue): boolean {
  let members = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
    } else if (code === COLON) {
      members++;
    } else if (code === MINUS || (code >= ZERO && code <= NINE)) {
      NUMBER.lastIndex = at;
      const [number = ''] = NUMBER.exec(text) ?? [];
      const printed = String(Number(number));
      if (printed !== number && decimal(printed) !== decimal(number)) {
        return false;
      }
      at += number.length - 1;
    }
  }
  return members === countMembers(value);
}

/** Where the string that begins at `start` ends in a JSON text: the place of its closing quote. */
export function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      return at;
    }
    if (code === BACKSLASH) {
      at++;
    }
  }
  return text.length;
}

function countMembers(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) {
    return 0;
  }
  const children = Object.values(value);
  return children.reduce(
    (sum: number, child) => sum + countMembers(child),
    Array.isArray(value) ? 0 : children.length,
  );
}

/** A decimal number in one spelling: its digits without zeros around them, and the power of ten behind them. */
function decimal(number: string): string {
  const [mantissa = '', exponent = '0'] = number.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const all = `${whole}${fraction}`.replace(/^0+/, '');
  let end = all.length;
  while (end > 0 && all[end - 1] === '0') {
    end--;
  }
  if (end === 0) {
    return '0';
  }
  const sign = number.startsWith('-') ? '-' : '';
  return `${sign}${all.slice(0, end)}e${Number(exponent) - fraction.length + all.length - end}`;
}

/**
 * The canonical JSON of a value (RFC 8785): no spaces, members sorted by the code units of their names, strings and
 * numbers as ECMAScript prints them. A library would do the same, but not with the strings that match keys need.
 *
 * @param quoted Writes a string; `JSON.stringify` where left out, which is what the RFC asks for.
 */
export function canonicalJson(value: JsonValue, quoted: (text: string) => string = JSON.stringify): string {
  if (typeof value === 'string') {
    return quoted(value);
  }
  if (typeof value !== 'object' || value === null) {
    return String(value === 0 ? 0 : value);
  }
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value as readonly JsonValue[]) {
      text += `${text === '' ? '' : ','}${canonicalJson(item, quoted)}`;
    }
    return `[${text}]`;
  }
  const members = value as { readonly [name: string]: JsonValue };
  for (const name of Object.keys(members).sort()) {
    text += `${text === '' ? '' : ','}${quoted(name)}:${canonicalJson(members[name] as JsonValue, quoted)}`;
  }
  return `{${text}}`;
}
