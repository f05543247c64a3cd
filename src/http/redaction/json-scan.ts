import { isEnd, type JsonPath, startOf, stepTo } from '../matching/json-path.js';
import { type ByteText, fromByteText } from './byte-text.js';
import { decodedJsonString } from './decoded-text.js';

/** A string or a number of a JSON text. */
export interface JsonToken {
  readonly kind: 'string' | 'number';
  /** Where it stands, a string without its quotes. */
  readonly start: number;
  readonly end: number;
  /** The name of the member that it is the value of, or that holds the list in which it stands. */
  readonly name: string | undefined;
  /** Is it an item of a list? */
  readonly isItem: boolean;
  /** Does one of the paths lead to it? */
  readonly isNamed: boolean;
}

type Cursors = ReturnType<typeof startOf>;

interface Frame {
  readonly isList: boolean;
  /** The member's name that is read; in a list the name of the list. */
  name: string | undefined;
  /** What `name`, `key` or `header` says in an object that has a `value`, too. */
  label: string | undefined;
  index: number;
  readonly cursors: Cursors;
}

const LABELS = new Set(['name', 'key', 'header', 'field']);
const NUMBER = /-?\d[\d.eE+-]*/y;
/** `true`, `null`, and in a broken text any word; digits in it are no number. */
const WORD = /[\w$-]+/y;

/**
 * Visits the strings and numbers of JSON texts: one, or several as in NDJSON, or a text that is cut off or broken, of
 * which what can be read is. Takes linear time and no recursion, whatever the depth. Names of members are not visited.
 *
 * @param paths Paths that a token's `isNamed` tells of.
 */
export function scanJson(
  text: ByteText,
  visit: (token: JsonToken) => void,
  paths: readonly JsonPath[] = [],
  start = 0,
  limit: number = text.length,
): void {
  const outer: Frame = {
    isList: false,
    name: undefined,
    label: undefined,
    index: 0,
    cursors: startOf(paths),
  };
  const frames: Frame[] = [];
  let frame = outer;
  let newline = text.indexOf('\n', start);

  const below = (): Cursors => {
    if (frame === outer || frame.cursors.length === 0) {
      return frame.cursors;
    }
    const name = frame.name ?? '';
    return stepTo(frame.cursors, frame.isList ? frame.index : (fromByteText(name) ?? name));
  };
  const token = (kind: JsonToken['kind'], from: number, end: number) => {
    const name = plainNameOf(frame.name) === 'value' && frame.label !== undefined ? frame.label : frame.name;
    if (kind === 'string' && !frame.isList && LABELS.has(plainNameOf(frame.name)) && end - from <= 100) {
      frame.label = text.slice(from, end);
    }
    const isNamed = paths.length > 0 && isEnd(below());
    visit({ kind, start: from, end, name, isItem: frame.isList, isNamed });
  };

  for (let at = start; at < limit; ) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      if (newline !== -1 && newline < at) {
        newline = text.indexOf('\n', at);
      }
      // A string that runs over the end of its line is none: the next line begins anew.
      const bound = newline === -1 || newline > limit ? limit : newline;
      const end = endOfString(text, at + 1, bound);
      const next = afterSpace(text, Math.min(end + 1, limit), limit);
      if (text[next] === ':' && !frame.isList && end < bound) {
        frame.name = decodedName(text, at + 1, end);
        at = next + 1;
      } else {
        token('string', at + 1, end);
        at = end + 1;
      }
    } else if (code === 0x7b || code === 0x5b) {
      const cursors = below();
      const isList = code === 0x5b;
      frames.push(frame);
      frame = { isList, name: isList ? frame.name : undefined, label: undefined, index: 0, cursors };
      at++;
    } else if (code === 0x7d || code === 0x5d) {
      frame = frames.pop() ?? outer;
      at++;
    } else if (code === 0x2c) {
      frame.index++;
      frame.name = frame.isList ? frame.name : undefined;
      at++;
    } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      NUMBER.lastIndex = at;
      const isNumber = NUMBER.test(text);
      const end = Math.min(isNumber ? NUMBER.lastIndex : at + 1, limit);
      if (isNumber) {
        token('number', at, end);
      }
      at = end;
    } else if (isLetter(code)) {
      WORD.lastIndex = at;
      at = WORD.test(text) ? WORD.lastIndex : at + 1;
    } else {
      at++;
    }
  }
}

function isLetter(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
}

function plainNameOf(name: string | undefined): string {
  return name === undefined || name.length > 10 ? '' : name.toLowerCase();
}

/** Where the string that begins there has its closing quote, or `limit`. */
function endOfString(text: ByteText, start: number, limit: number): number {
  for (let end = text.indexOf('"', start); end !== -1 && end < limit; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (end - backslashes > start && text[end - 1 - backslashes] === '\\') {
      backslashes++;
    }
    if (backslashes % 2 === 0) {
      return end;
    }
  }
  return limit;
}

function afterSpace(text: ByteText, start: number, limit: number): number {
  let at = start;
  for (let code = text.charCodeAt(at); at < limit; code = text.charCodeAt(at)) {
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) {
      break;
    }
    at++;
  }
  return at;
}

function decodedName(text: ByteText, start: number, end: number): string {
  const raw = text.slice(start, end);
  return raw.includes('\\') ? decodedJsonString(text, start, end).text : raw;
}
