import type { Edit } from '../variables/needles.js';
import type { ByteText } from './byte-text.js';
import { decodedJsonString } from './decoded-text.js';
import { fieldInstead } from './field-value.js';
import { type JsonToken, scanJson } from './json-scan.js';
import type { Redactions } from './redactions.js';
import type { Verdict } from './secret-names.js';
import type { Secrets } from './secrets.js';

/** Services that echo headers give lists of their values, which hold spaces: `"Cookie": ["a=1; b=2"]`. */
const CREDENTIAL_HEADER = /^(?:(?:proxy-)?authorization|(?:set-)?cookie)$/i;

/**
 * Replaces the values of secret names and places in JSON texts. JSON stays JSON: a number becomes 0; booleans, null,
 * objects and empty strings stay.
 *
 * @param inside What is to be replaced in a text by itself: it is asked for strings that have escapes, without them.
 */
export function findInJson(
  text: ByteText,
  start: number,
  end: number,
  secrets: Secrets,
  found: Redactions,
  inside: (text: ByteText) => readonly Edit[],
): void {
  const { names, paths } = secrets;
  let isGrant: boolean | undefined;

  function visit(token: JsonToken): void {
    const { name } = token;
    if (name !== undefined && names.keeps(name)) {
      found.keep(token.start, token.end);
    } else if (token.kind === 'number') {
      visitNumber(token);
    } else if (token.end > token.start) {
      visitString(token);
    }
  }

  function visitNumber({ start: from, end: to, name, isNamed }: JsonToken): void {
    const isSecret = isNamed || (name !== undefined && names.verdict('field', name) === 'always');
    if (isSecret || secrets.holds(text.slice(from, to))) {
      found.replace(from, to, '0');
    }
  }

  function visitString({ start: from, end: to, name = '', isItem, isNamed }: JsonToken): void {
    const verdict = isNamed ? 'always' : verdictOf(name);
    const raw = text.slice(from, to);
    const hasEscapes = raw.includes('\\');
    if (!hasEscapes && verdict === 'never') {
      return;
    }
    const decoded = hasEscapes ? decodedJsonString(text, from, to) : undefined;
    const value = decoded?.text ?? raw;
    // Lists of sentences under such a name tell what is wrong with it.
    const isSentence = isItem && !isNamed && value.includes(' ') && !CREDENTIAL_HEADER.test(name);
    if (!isSentence && secrets.isSecret(verdict, value)) {
      const instead = fieldInstead(name, value, secrets);
      if (instead !== value) {
        found.replace(from, to, decoded?.encode(instead) ?? instead);
      }
    } else if (decoded !== undefined) {
      for (const edit of inside(value)) {
        const { start: at, end: until, text: instead } = decoded.original(edit);
        found.replace(at, until, instead);
      }
    }
  }

  function verdictOf(name: string): Verdict {
    if (name === 'code') {
      // That of a request for an OAuth token, as in its form; elsewhere it is one of errors and countries.
      isGrant ??= text.slice(start, end).includes('"grant_type"');
      return names.verdict(isGrant ? 'query' : 'field', name);
    }
    return name === '' ? 'never' : names.verdict('field', name);
  }

  scanJson(text, visit, paths, start, end);
}
