import { type BigIntStats, fstatSync, ftruncateSync, readSync, statSync, writeSync } from 'node:fs';
import { appendedBlocks, FOOTER } from '../formats/cassette-blocks.js';
import type { Committed } from './file-lock.js';

const FOOTER_BYTES = Buffer.from(FOOTER);

/** The state of a file. */
export interface FileState extends Committed {
  /** What tells this state from others. */
  readonly stamp: string;
}

/** The state of an open file. */
export function stateOf(file: number): FileState {
  return stateFrom(fstatSync(file, { bigint: true }));
}

/** The state of the file at a path; undefined where there is none. */
export function stateAt(path: string): FileState | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && stateFrom(stat);
}

function stateFrom({ dev, ino, size, mtimeNs }: BigIntStats): FileState {
  return { stamp: `${dev}:${ino}:${size}:${mtimeNs}`, size: Number(size), ino: String(ino) };
}

/** Does the file end with our footer? */
export function endsWithFooter(file: number, size: number): boolean {
  return size >= FOOTER_BYTES.length && readFrom(file, size - FOOTER_BYTES.length, size).equals(FOOTER_BYTES);
}

/**
 * The blocks that others appended to a file since it had this size; undefined where that is not all that happened to
 * it, or where the last append is torn.
 */
export function blocksSince(file: number, size: number, now: number): readonly string[] | undefined {
  return now > size
    ? appendedBlocks(readFrom(file, size - FOOTER_BYTES.length, now).toString('utf8'))
    : undefined;
}

/**
 * Puts text, which ends with the footer, in the place of the footer.
 *
 * @throws Error where it cannot be written whole; a part of it may be in the file.
 */
export function replaceFooter(file: number, size: number, text: string): void {
  writeAt(file, size - FOOTER_BYTES.length, Buffer.from(text));
}

/** Cuts a file back to what it was before an append. */
export function restore(file: number, size: number): void {
  ftruncateSync(file, size);
  writeAt(file, size - FOOTER_BYTES.length, FOOTER_BYTES);
}

/** What a file held before an append that may be torn, from what it holds now. */
export function committedPart(bytes: Uint8Array, size: number): Uint8Array {
  return Buffer.concat([bytes.subarray(0, size - FOOTER_BYTES.length), FOOTER_BYTES]);
}

/** The bytes of an open file from `begin` up to `end`, or to its end. */
export function readFrom(file: number, begin: number, end: number): Buffer {
  const bytes = Buffer.alloc(end - begin);
  let length = 0;
  while (length < bytes.length) {
    const read = readSync(file, bytes, length, bytes.length - length, begin + length);
    if (read === 0) {
      break;
    }
    length += read;
  }
  return bytes.subarray(0, length);
}

function writeAt(file: number, position: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(file, bytes, written, bytes.length - written, position + written);
  }
}
