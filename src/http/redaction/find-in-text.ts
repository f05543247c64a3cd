import type { Edit } from '../variables/needles.js';
import { type ByteText, fromByteText } from './byte-text.js';
import { percentDecoded, utf8Decoded } from './decoded-text.js';
import { findMarkup } from './find-markup.js';
import { findPairs, type Prose } from './find-pairs.js';
import { findValues } from './find-unmistakable.js';
import { findInJson } from './redact-json.js';
import { Redactions } from './redactions.js';
import { findShapes } from './secret-shapes.js';
import type { Secrets } from './secrets.js';

/** So often a text may stand in another one, escaped or encoded. */
const MAX_DEPTH = 5;

/** JSON, also behind what keeps a browser from running it, as the argument of a call (JSONP), and as Socket.IO sends it. */
const JSON_START =
  /^(?:\xef\xbb\xbf)?\s{0,100}(?:\)\]\}',?\s{0,10}|(?:\/\*\*\/\s?)?[\w$.]{1,64}\(|\d{1,8}(?:-\d{0,8})?(?:\/[\w-]{1,64},\d{0,8})?)?[{["]/;

/** Does a text look like JSON? */
export function beginsLikeJson(text: ByteText): boolean {
  return JSON_START.test(text.slice(0, 256));
}

/** What is to be replaced in a text by itself, of which nothing else is known. */
export function editsOfText(text: ByteText, secrets: Secrets, depth = 0): Edit[] {
  const found = new Redactions();
  findInText(text, secrets, found, depth);
  return found.settled(text);
}

/** Replaces what is secret in a text: JSON by its names, everything by shapes, values, patterns, and pairs. */
export function findInText(text: ByteText, secrets: Secrets, found: Redactions, depth = 0): void {
  const isJson = beginsLikeJson(text);
  if (isJson) {
    findInJsonText(text, 0, text.length, secrets, found, depth);
  }
  findLoose(text, isJson ? 'json' : 'text', secrets, found, depth);
}

/** Replaces what is secret by its name in a part of a text that is JSON, and in JSON in its strings. */
export function findInJsonText(
  text: ByteText,
  start: number,
  end: number,
  secrets: Secrets,
  found: Redactions,
  depth = 0,
): void {
  const inside = (value: ByteText) => (depth < MAX_DEPTH ? editsOfText(value, secrets, depth + 1) : []);
  findInJson(text, start, end, secrets, found, inside);
}

/** Replaces what is secret in a text wherever it stands there. */
export function findLoose(
  text: ByteText,
  prose: Prose,
  secrets: Secrets,
  found: Redactions,
  depth = 0,
): void {
  findPairs(text, prose, secrets, found);
  if (text.includes('<')) {
    findMarkup(text, secrets, found);
  }
  if (depth < MAX_DEPTH && text.includes('%')) {
    findEncoded(text, secrets, found, depth);
  }
  findShapes(text, secrets, found);
  findValues(text, secrets, found);
  findPatterns(text, secrets, found);
}

/** A pattern is written for characters, not for bytes. */
function findPatterns(text: ByteText, secrets: Secrets, found: Redactions): void {
  if (secrets.patterns.length === 0) {
    return;
  }
  const characters = fromByteText(text) ?? text;
  const decoded = characters === text ? undefined : utf8Decoded(text, characters);
  for (const pattern of secrets.patterns) {
    for (const { 0: match, index } of characters.matchAll(pattern)) {
      const edit = { start: index, end: index + match.length, text: secrets.instead(match) };
      const { start, end, text: instead } = decoded?.original(edit) ?? edit;
      found.replace(start, end, instead);
    }
  }
}

const ENCODED_SIGN = /%(?:3[ADad]|2[026Ff]|40|7[Bb])/g;
const NO_WORD = /[\s"'<>]/g;
const LONGEST_LEAD = 4096;

/** Percent-encoded pieces, such as a URL in the parameter of another one, are looked at without their encoding. */
function findEncoded(text: ByteText, secrets: Secrets, found: Redactions, depth: number): void {
  let done = 0;
  ENCODED_SIGN.lastIndex = 0;
  for (let sign = ENCODED_SIGN.exec(text); sign !== null; sign = ENCODED_SIGN.exec(text)) {
    let start = sign.index;
    const least = Math.max(done, start - LONGEST_LEAD);
    while (start > least && !/[\s"'<>&?#]/.test(text[start - 1] as string)) {
      start--;
    }
    NO_WORD.lastIndex = sign.index;
    const end = NO_WORD.exec(text)?.index ?? text.length;
    const decoded = percentDecoded(text, start, end);
    for (const edit of editsOfText(decoded.text, secrets, depth + 1)) {
      const { start: from, end: to, text: instead } = decoded.original(edit);
      found.replace(from, to, instead);
    }
    // The expressions are shared with the texts that were looked at meanwhile.
    ENCODED_SIGN.lastIndex = end;
    done = end;
  }
}
