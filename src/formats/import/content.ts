import type { HeaderPair } from '../../core/interaction.js';
import { codingsOf, decodeBody, encodeBody, isEncoded } from '../../http/coding/content-coding.js';
import { headerValue } from '../../http/headers.js';
import { textBytes } from '../charset.js';
import { mediaType } from '../media-type.js';
import type { Lost } from './format.js';

/** A body as it goes over the wire, and the headers that are true of it. */
export interface WireBody {
  readonly body: Uint8Array;
  readonly headers: readonly HeaderPair[];
  readonly lost: readonly Lost[];
}

/** A text as a body of its charset; in UTF-8 where the text or Node does not fit that, and then the header says so. */
export function textBody(text: string, headers: readonly HeaderPair[]): WireBody {
  const charset = mediaType(headerValue(headers, 'content-type')).charset;
  const body = encoded(text, charset);
  if (body !== undefined) {
    return { body, headers, lost: [] };
  }
  return {
    body: new TextEncoder().encode(text),
    headers: headers.map(([name, value]) =>
      name.toLowerCase() === 'content-type' ? [name, inUtf8(value)] : [name, value],
    ),
    lost: [{ what: 'charset', why: 'the text is given, not its bytes: its body is written in UTF-8' }],
  };
}

function inUtf8(contentType: string): string {
  return contentType.replace(/(;\s*charset=)(?:"[^"]*"|[^;]*)/i, '$1utf-8');
}

/** The bytes of a text, as a charset of the Encoding Standard by one of its names; undefined where it has not all of it. */
export function encoded(text: string, label = 'utf-8'): Uint8Array | undefined {
  const charset = charsetOf(label);
  switch (charset) {
    case 'utf-8':
    case 'utf-16le':
    case 'utf-16be':
      return textBytes(text, charset);
    case undefined:
      return undefined;
    default: {
      const bytes = bytesByCharacter(charset);
      const found = Array.from(text, (character) => bytes.get(character));
      return found.includes(undefined) ? undefined : Uint8Array.from(found as number[]);
    }
  }
}

function charsetOf(label: string): string | undefined {
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return undefined;
  }
}

/** What each byte by itself stands for. Of a charset of several bytes a character, that is mostly ASCII. */
function bytesByCharacter(charset: string): ReadonlyMap<string, number> {
  const characters = Array.from({ length: 256 }, (_, byte) => {
    return [new TextDecoder(charset).decode(Uint8Array.of(byte)), byte] as const;
  });
  return new Map(characters.filter(([character]) => character !== '' && character !== '\ufffd'));
}

/** Is it encoded as its headers say? */
export function isStillEncoded(body: Uint8Array, headers: readonly HeaderPair[]): boolean {
  return decodeBody([body], headers)?.complete === true;
}

/**
 * A body that was decoded, with the content codings that its headers name: compressed anew, so that whoever decodes it
 * gets what it was.
 */
export function encodedBody(body: Uint8Array, headers: readonly HeaderPair[]): WireBody {
  if (!isEncoded(headers) || headerValue(headers, 'content-length') === '0') {
    return { body, headers, lost: [] };
  }
  const codings = codingsOf(headers);
  if (codings === undefined) {
    return {
      body,
      headers: headers.filter(([name]) => name.toLowerCase() !== 'content-encoding'),
      lost: [{ what: 'content-encoding', why: 'it is not known, and the body is given decoded' }],
    };
  }
  const [wire = body] = encodeBody({ chunks: [body], codings, complete: true });
  return { body: wire, headers, lost: [] };
}
