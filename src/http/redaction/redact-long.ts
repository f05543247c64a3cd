import type { HeaderPair } from '../../core/interaction.js';
import type { Edit } from '../variables/needles.js';
import { bytesToText, textToBytes } from './byte-text.js';
import { editsOfBody } from './redact-body.js';
import type { Secrets } from './secrets.js';

/** Longer bodies are searched in pieces: V8 has no texts of more than 2^29 characters. */
export const LONGEST_TEXT = 64 * 1024 * 1024;

/** Pieces overlap by so much, so that what begins in one and ends in the next is found whole. */
const OVERLAP = 64 * 1024;

/**
 * What is to be replaced in a body that is too long for one text. What a secret is in, such as the member of an object,
 * is not known where it began in an earlier piece.
 *
 * @param longest How long a piece is.
 */
export function editsOfLongBody(
  body: Uint8Array,
  headers: readonly HeaderPair[],
  secrets: Secrets,
  longest = LONGEST_TEXT,
): Edit[] {
  const edits: Edit[] = [];
  for (let from = 0; from < body.byteLength; from += longest) {
    const piece = bytesToText(body.subarray(from, from + longest + OVERLAP));
    for (const { start, end, text } of editsOfBody(piece, headers, secrets)) {
      if (start < longest && from + start >= (edits.at(-1)?.end ?? 0)) {
        edits.push({ start: from + start, end: from + end, text });
      }
    }
  }
  return edits;
}

/** The bytes with the edits done. */
export function editedBytes(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  let done = 0;
  const pieces: Uint8Array[] = [];
  for (const { start, end, text } of edits) {
    pieces.push(bytes.subarray(done, start), textToBytes(text));
    done = end;
  }
  return new Uint8Array(Buffer.concat([...pieces, bytes.subarray(done)]));
}
