import type { ByteText } from './byte-text.js';
import { percentDecoded } from './decoded-text.js';
import { looksRandom } from './randomness.js';
import type { Redactions } from './redactions.js';
import type { Secrets } from './secrets.js';

/** What the text is: in code, what follows a name is an expression more often than a value. */
export type Prose = 'text' | 'code' | 'json';

const LONGEST_NAME = 64;
const LONGEST_OUTER = 1024;
const NAME_CHARACTER = /[\w.[\]%-]/;

/** Behind `=`, and behind `:`. Quotes may be escaped, as in the text of a program's output, or stand threefold. */
const VALUE =
  /[ \t]{0,4}(?:"(?:"")?(?<double>(?:[^"\r\n\\]|\\[^\r\n]){1,4096})"|'(?<single>(?:[^'\r\n\\]|\\[^\r\n]){1,4096})'|\\(["'])(?<escaped>[^"'\r\n\\]{1,4096})\\\3|(?<plain>[^\s"'&;,<>(){}\\#|][^\s"'&;,<>{}\\#|]*))/dy;

/** A value that goes on to the end of its line, or to a comment. */
const REST_OF_LINE = /[ \t]*(?:\r?$|\\[nr])|[ \t]{1,80}#/my;

/**
 * Replaces the values of secret names in loose text: parameters of URLs that stand in it, `name=value`,
 * `"name": "value"` and lines `name: value`.
 */
export function findPairs(text: ByteText, prose: Prose, secrets: Secrets, found: Redactions): void {
  for (let at = text.indexOf('='); at !== -1; ) {
    at = text.indexOf('=', pairAt(text, at, prose, secrets, found));
  }
  for (let at = text.indexOf(':'); at !== -1; ) {
    const isMember = prose === 'json' && text[at - 1] === '"';
    const isPair = !isMember && text[at + 1] !== '/';
    at = text.indexOf(':', isPair ? pairAt(text, at, prose, secrets, found) : at + 1);
  }
}

/** Gives the place from which on to look for the next pair. */
function pairAt(text: ByteText, sign: number, prose: Prose, secrets: Secrets, found: Redactions): number {
  const name = nameBefore(text, sign);
  if (name === undefined) {
    return sign + 1;
  }
  const isParameter = text[sign] === '=' && /[?&;#]/.test(text[name.start - 1] ?? '');
  const verdict = secrets.names.verdict(isParameter ? 'query' : 'field', name.text);
  if (verdict === 'never' && !secrets.names.keeps(name.text)) {
    return sign + 1;
  }
  VALUE.lastIndex = sign + 1;
  const match = VALUE.exec(text);
  const places = match?.indices?.groups;
  const quoted = places?.['double'] ?? places?.['single'] ?? places?.['escaped'];
  const place = quoted ?? places?.['plain'];
  if (match === null || place === undefined || /[=>]/.test(text[sign + 1] ?? '')) {
    return sign + 1;
  }
  if (verdict === 'never') {
    found.keep(...place);
    return place[1];
  }
  const raw = text.slice(...place);
  const decoded = isParameter && raw.includes('%') ? percentDecoded(text, ...place) : undefined;
  const value = decoded?.text ?? raw;
  const isQuoted = quoted !== undefined;
  REST_OF_LINE.lastIndex = place[1];
  const isClear =
    isParameter ||
    (isQuoted && name.isQuoted && !/\s/.test(value)) ||
    (prose !== 'code' &&
      (isQuoted ||
        (text[sign] === '=' && place[0] === sign + 1) ||
        (name.beginsLine && REST_OF_LINE.test(text))));
  const isScheme = /^(?:basic|bearer)$/i.test(value);
  if ((isClear ? secrets.isSecret(verdict, value) : looksRandom(value)) && !isScheme) {
    const instead = secrets.insteadOf(name.text, value);
    found.replace(...place, decoded?.encode(instead) ?? instead);
    return place[1];
  }
  // Another pair may stand in a value, but not so many that each is read as often as there are pairs.
  return value.length > LONGEST_OUTER ? place[1] : sign + 1;
}

interface Name {
  readonly text: string;
  readonly start: number;
  readonly isQuoted: boolean;
  readonly beginsLine: boolean;
}

/** The name that ends before a sign, with or without quotes around it. */
function nameBefore(text: ByteText, sign: number): Name | undefined {
  let end = sign;
  if (text[end - 1] === ' ') {
    end--;
  }
  const quote = text[end - 1];
  const isQuoted = quote === '"' || quote === "'";
  if (isQuoted) {
    end -= text[end - 2] === '\\' ? 2 : 1;
  }
  let start = end;
  while (start > 0 && end - start < LONGEST_NAME && NAME_CHARACTER.test(text[start - 1] as string)) {
    start--;
  }
  // In `\u0026token=` and `%26token=` an escape stands in front; in `\ntoken=` a line end.
  const escaped = /^(?:u00[0-9a-f]{2}|[nrt](?=[A-Za-z_]))/i.exec(
    text[start - 1] === '\\' ? text.slice(start, end) : '',
  );
  start += escaped?.[0].length ?? 0;
  const encoded = /^.*%(?!5[BbDd])[0-9A-Fa-f]{2}/.exec(text.slice(start, end));
  start += encoded?.[0].length ?? 0;
  if (start === end) {
    return undefined;
  }
  const before = /(?:^|[\n\r]|\\[nr])[ \t]{0,20}[-*]?[ \t]{0,4}["']?$/.test(
    text.slice(Math.max(0, start - 26), start),
  );
  return { text: text.slice(start, end), start, isQuoted, beginsLine: before };
}
