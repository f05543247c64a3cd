import { type ByteText, toByteText } from './byte-text.js';
import { shaped } from './placeholder.js';
import type { Spelling } from './secret-values.js';

/** Shorter pieces of base64 stand in other data by chance. */
const LEAST_BASE64 = 10;

/**
 * How a secret may be written: as it is, percent-encoded as in a URL and as in a form, escaped as in JSON.
 *
 * @param replacement What stands in its place; a placeholder, which needs no escaping but for its padding.
 */
export function spellings(secret: string, replacement: string): Spelling[] {
  const found = new Map<ByteText, ByteText>([[toByteText(secret), replacement]]);
  const add = (text: string, instead: string) => {
    if (!found.has(text)) {
      found.set(text, instead);
    }
  };
  const wellFormed = Buffer.from(secret).toString();
  for (const encode of [encodeURIComponent, formEncoded]) {
    add(encode(wellFormed), encode(replacement));
    add(lowerEscapes(encode(wellFormed)), lowerEscapes(encode(replacement)));
  }
  const json = JSON.stringify(secret).slice(1, -1);
  const ascii = json.replace(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  for (const text of [json, ascii, json.replaceAll('/', '\\/')]) {
    add(toByteText(text), replacement);
  }
  return [...found].map(([text, instead]) => ({ text, replacement: instead }));
}

/** How a secret is written in base64 and base64url, by itself and within longer data. */
export function base64Spellings(secret: string): Spelling[] {
  const bytes = Buffer.from(secret);
  const found = new Set([bytes.toString('base64'), bytes.toString('base64url')]);
  // Three bytes make four characters, so there are three ways to stand in longer data.
  for (const lead of [0, 1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(lead), bytes]);
    const first = Math.ceil((lead * 8) / 6);
    const last = Math.floor((shifted.length * 8) / 6);
    found.add(shifted.toString('base64').slice(first, last));
    found.add(shifted.toString('base64url').slice(first, last));
  }
  return [...found]
    .filter((text) => text.length >= LEAST_BASE64)
    .map((text) => ({ text, replacement: shaped(text, secret) }));
}

/** As in a form (URL standard, 5.2): a space is a plus. */
function formEncoded(value: string): string {
  return new URLSearchParams([['', value]]).toString().slice(1);
}

function lowerEscapes(encoded: string): string {
  return encoded.replace(/%[0-9A-F]{2}/g, (encodedByte) => encodedByte.toLowerCase());
}
