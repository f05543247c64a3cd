import { isUtf8 } from 'node:buffer';

/** The charsets that text bodies are read in; UTF-8 where a form names none. */
export type Charset = 'utf-8' | 'latin1' | 'utf-16le' | 'utf-16be';

interface Coder {
  /** The text that `encode` gives these bytes for; undefined where there is none. */
  readonly decode: (bytes: Uint8Array) => string | undefined;
  readonly encode: (text: string) => Uint8Array;
  /** What people cannot read in it. */
  readonly unreadable: RegExp;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;
// What windows-1252 has between U+0080 and U+009F is not what latin1 has there.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL_OR_C1 = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

const CODERS: Readonly<Record<Charset, Coder>> = {
  'utf-8': {
    decode: (bytes) => (isUtf8(bytes) ? view(bytes).toString() : undefined),
    encode: (text) => new TextEncoder().encode(text),
    unreadable: CONTROL,
  },
  latin1: {
    decode: (bytes) => view(bytes).toString('latin1'),
    encode: (text) => new Uint8Array(Buffer.from(text, 'latin1')),
    unreadable: CONTROL_OR_C1,
  },
  'utf-16le': {
    decode: (bytes) => (hasHalf(bytes) ? undefined : view(bytes).toString('utf16le')),
    encode: (text) => new Uint8Array(Buffer.from(text, 'utf16le')),
    unreadable: CONTROL,
  },
  'utf-16be': {
    decode: (bytes) => (hasHalf(bytes) ? undefined : swapped(bytes).toString('utf16le')),
    encode: (text) => new Uint8Array(swapped(Buffer.from(text, 'utf16le'))),
    unreadable: CONTROL,
  },
};

/** The text, where people can read it and it gives the same bytes again; a byte order mark stays in it. */
export function exactText(bytes: Uint8Array, charset: Charset): string | undefined {
  const { decode, unreadable } = CODERS[charset];
  const text = decode(bytes);
  return text === undefined || unreadable.test(text) ? undefined : text;
}

/** The bytes of a text. What latin1 does not have is for {@link fitsCharset} to find before. */
export function textBytes(text: string, charset: Charset): Uint8Array {
  return CODERS[charset].encode(text);
}

/** Has the charset all characters of the text? */
export function fitsCharset(text: string, charset: Charset): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of latin1's characters are meant
  return charset !== 'latin1' || /^[\u0000-\u00ff]*$/.test(text);
}

export function isCharset(value: unknown): value is Charset {
  return typeof value === 'string' && Object.hasOwn(CODERS, value);
}

/**
 * The text of a body, and the charset it is in; undefined where it is none that people can read.
 *
 * @param label The charset that its content type names; one that is not known is as none.
 */
export function readableText(
  bytes: Uint8Array,
  label: string | undefined,
): { readonly text: string; readonly charset: Charset } | undefined {
  for (const charset of charsetsFor(label, bytes)) {
    const text = exactText(bytes, charset);
    if (text !== undefined) {
      return { text, charset };
    }
  }
  return undefined;
}

/** The charsets to try, the likeliest first. */
function charsetsFor(label: string | undefined, bytes: Uint8Array): readonly Charset[] {
  switch (label?.toLowerCase()) {
    case 'utf-16le':
      return ['utf-16le', 'utf-8'];
    case 'utf-16be':
      return ['utf-16be', 'utf-8'];
    case 'utf-16':
      // Without a byte order mark it is little-endian, by the Encoding Standard.
      return [bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-16le', 'utf-8'];
    case 'iso-8859-1':
    case 'latin1':
    case 'windows-1252':
      // Text that is valid UTF-8 is UTF-8, whatever its label says.
      return ['utf-8', 'latin1'];
    default:
      return ['utf-8'];
  }
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Does UTF-16 end within a unit? */
function hasHalf(bytes: Uint8Array): boolean {
  return bytes.byteLength % 2 !== 0;
}

function swapped(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes).swap16();
}
