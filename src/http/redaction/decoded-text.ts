import type { Edit } from '../variables/needles.js';
import { type ByteText, toByteText } from './byte-text.js';

/** A piece of a text without its escapes, and the way back: what is replaced in it is replaced in the text. */
export interface DecodedText {
  /** UTF-8 in a byte string. */
  readonly text: ByteText;
  /** How a text is written in the original. */
  encode(text: ByteText): ByteText;
  /** The edit of the original text. */
  original(edit: Edit): Edit;
}

class Builder {
  readonly #pieces: string[] = [];
  readonly #places: number[] = [];

  /** What one place of the original, a character or an escape, stands for. */
  push(decoded: ByteText, place: number): void {
    this.#pieces.push(decoded);
    for (let at = 0; at < decoded.length; at++) {
      this.#places.push(place);
    }
  }

  done(end: number, encode: (text: ByteText) => string): DecodedText {
    this.#places.push(end);
    const places = this.#places;
    return {
      text: this.#pieces.join(''),
      encode,
      original: (edit) => ({
        start: places[edit.start] as number,
        end: places[edit.end] as number,
        text: encode(edit.text),
      }),
    };
  }
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
const UNICODE = /\\u([0-9a-fA-F]{4})(?:\\u([dD][c-fC-F][0-9a-fA-F]{2}))?/y;

/** The inside of a JSON string (RFC 8259, section 7), which may be cut off. */
export function decodedJsonString(text: ByteText, start: number, end: number): DecodedText {
  const builder = new Builder();
  for (let at = start; at < end; ) {
    const character = text[at] as string;
    if (character !== '\\') {
      builder.push(character, at);
      at++;
      continue;
    }
    UNICODE.lastIndex = at;
    const match = UNICODE.exec(text);
    if (match === null) {
      const sign = text[at + 1] ?? '';
      builder.push(ESCAPES[sign] ?? sign, at);
      at += 2;
      continue;
    }
    const unit = Number.parseInt(match[1] as string, 16);
    const low = unit >= 0xd800 && unit < 0xdc00 ? match[2] : undefined;
    const units = low === undefined ? [unit] : [unit, Number.parseInt(low, 16)];
    builder.push(toByteText(String.fromCharCode(...units)), at);
    at += units.length * 6;
  }
  return builder.done(end, (replacement) => JSON.stringify(replacement).slice(1, -1));
}

/** Percent-encoded text (RFC 3986, section 2.1); `plus`: as in a form, where a plus is a space. */
export function percentDecoded(text: ByteText, start: number, end: number, plus = false): DecodedText {
  const builder = new Builder();
  const encoded = /%[0-9a-fA-F]{2}/y;
  for (let at = start; at < end; ) {
    encoded.lastIndex = at;
    if (text[at] === '%' && at + 3 <= end && encoded.test(text)) {
      builder.push(String.fromCharCode(Number.parseInt(text.slice(at + 1, at + 3), 16)), at);
      at += 3;
    } else {
      builder.push(plus && text[at] === '+' ? ' ' : (text[at] as string), at);
      at++;
    }
  }
  // Bytes, not characters, are encoded.
  return builder.done(end, (replacement) =>
    replacement.replace(
      /[^A-Za-z0-9._~!'()*:@/-]/g,
      (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    ),
  );
}

/** UTF-16 text; a byte at the end that has no partner stays what it is. */
export function utf16Decoded(bytes: ByteText, order: 'le' | 'be'): DecodedText {
  const builder = new Builder();
  const unitAt = (at: number) => {
    const first = bytes.charCodeAt(at);
    const second = bytes.charCodeAt(at + 1);
    return order === 'le' ? first | (second << 8) : (first << 8) | second;
  };
  const even = bytes.length - (bytes.length % 2);
  for (let at = 0; at < even; ) {
    const unit = unitAt(at);
    const isPair = unit >= 0xd800 && unit < 0xdc00 && at + 3 < even;
    builder.push(toByteText(String.fromCharCode(...(isPair ? [unit, unitAt(at + 2)] : [unit]))), at);
    at += isPair ? 4 : 2;
  }
  return builder.done(even, (replacement) => {
    const encoded = Buffer.from(Buffer.from(replacement, 'latin1').toString(), 'utf16le');
    return (order === 'le' ? encoded : encoded.swap16()).toString('latin1');
  });
}

/** UTF-8 bytes as the characters that a user's pattern is written for. */
export function utf8Decoded(bytes: ByteText, characters: string): DecodedText {
  const places: number[] = [];
  let at = 0;
  for (const character of characters) {
    for (let unit = 0; unit < character.length; unit++) {
      places.push(at);
    }
    at += Buffer.byteLength(character);
  }
  places.push(bytes.length);
  return {
    text: characters,
    encode: toByteText,
    original: (edit) => ({
      start: places[edit.start] as number,
      end: places[edit.end] as number,
      text: toByteText(edit.text),
    }),
  };
}
