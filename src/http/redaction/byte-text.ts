/**
 * A byte string: a text with one character a byte, so that positions count bytes, patterns run at their full speed,
 * and what is no valid UTF-8 comes through.
 */
export type ByteText = string;

/** The bytes of a text in UTF-8. */
export function toByteText(text: string): ByteText {
  return isAscii(text) ? text : Buffer.from(text).toString('latin1');
}

/** The text whose UTF-8 bytes these are; undefined where they are none. */
export function fromByteText(bytes: ByteText): string | undefined {
  if (isAscii(bytes)) {
    return bytes;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return undefined;
  }
}

export function bytesToText(bytes: Uint8Array): ByteText {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

export function textToBytes(text: ByteText): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}
