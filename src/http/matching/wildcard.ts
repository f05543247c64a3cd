import { BASIC, PLACEHOLDER, REDACTED } from '../redaction/placeholder.js';
import { canonicalJson, endOfString } from './json-canonical.js';
import type { JsonValue } from './request-parts.js';

/** Stands in a match key for any text. JSON escapes this character, so no other text of a key holds it. */
const WILDCARD = '\0';

/** Does a match key hold a wildcard? */
export function hasWildcard(key: string): boolean {
  return key.includes(WILDCARD);
}

/**
 * Canonical JSON in which each placeholder of a redacted value is a wildcard.
 *
 * @param text The value's canonical JSON. Where left out the value holds no object, so that `JSON.stringify` gives it.
 */
export function withWildcards(value: JsonValue, text: string = JSON.stringify(value)): string {
  return mayHoldPlaceholder(text) ? canonicalJson(value, quotedWithWildcards) : text;
}

/** Says at little cost that there is nothing to look for. */
export function mayHoldPlaceholder(text: string): boolean {
  return text.includes(REDACTED) || text.includes(BASIC);
}

function quotedWithWildcards(text: string): string {
  if (!mayHoldPlaceholder(text)) {
    return JSON.stringify(text);
  }
  let quoted = '';
  let from = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    quoted += JSON.stringify(text.slice(from, match.index)).slice(1, -1) + WILDCARD;
    from = match.index + match[0].length;
  }
  return `"${quoted}${JSON.stringify(text.slice(from)).slice(1, -1)}"`;
}

/**
 * Are two match keys equal where a wildcard of either stands for any text? It stands for a part of one path segment,
 * one query value, one JSON string, and never for more.
 */
export function resembling(key: string, other: string): boolean {
  if (key === other) {
    return true;
  }
  if (!hasWildcard(key) && !hasWildcard(other)) {
    return false;
  }
  let left = 0;
  let right = 0;
  while (left < key.length && right < other.length) {
    if (key[left] !== other[right]) {
      return false;
    }
    if (key[left] === '"') {
      const leftEnd = endOfString(key, left);
      const rightEnd = endOfString(other, right);
      const a = key.slice(left, leftEnd);
      const b = other.slice(right, rightEnd);
      if (a !== b && !covers(a, b) && !covers(b, a)) {
        return false;
      }
      left = leftEnd;
      right = rightEnd;
    }
    left++;
    right++;
  }
  return left === key.length && right === other.length;
}

/**
 * Do two texts of the parts of a request count as the same: are they equal, or does a placeholder in one of them stand
 * for what the other has there?
 */
export function sameText(a: string, b: string): boolean {
  return a === b || resembling(quotedWithWildcards(a), quotedWithWildcards(b));
}

/** Is `text` what `pattern` says, with any text in the place of each wildcard? */
function covers(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split(WILDCARD);
  const last = rest.pop();
  if (last === undefined || text.length < first.length + last.length || !text.startsWith(first)) {
    return false;
  }
  const end = text.length - last.length;
  let at = first.length;
  // The leftmost place for each piece leaves the most for those that follow.
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found === -1 || found + piece.length > end) {
      return false;
    }
    at = found + piece.length;
  }
  return text.endsWith(last);
}
