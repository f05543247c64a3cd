import { ftruncateSync, readSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { monotonicNow } from '../core/clock.js';
import { appendedBlocks, FOOTER } from '../formats/cassette-blocks.js';
import { targetOf } from './atomic-file.js';
import { type LockState, readLock } from './file-lock.js';
import { type FileState, stateOf } from './file-state.js';

const FOOTER_BYTES = Buffer.from(FOOTER);
const READ_PATIENCE_MS = 5000;

/** What was read of a file that others may be appending to. */
export interface Content {
  readonly bytes: Buffer;
  /** Its state before the last bytes were read: whoever changes it since, changes that. */
  readonly state: FileState;
  /** What the lock said then, where the last append was not seen whole. */
  readonly lock: LockState | undefined;
}

/**
 * Reads a file, without a lock, up to where no append is half seen. An append that begins while the file is read is so
 * read again, and nothing else.
 *
 * @param path The file, or a link to it.
 */
export async function readGrowing(path: string): Promise<Content> {
  const file = await open(path);
  try {
    let state = stateOf(file.fd);
    let bytes: Buffer = await file.readFile();
    for (const begun = monotonicNow(); ; ) {
      const isWhole = bytes.subarray(-FOOTER_BYTES.length).equals(FOOTER_BYTES);
      // Before the second look at the state: a lock that is gone by then has changed it.
      const lock = isWhole ? undefined : readLock(targetOf(path));
      const now = stateOf(file.fd);
      if (isWhole || now.stamp === state.stamp || monotonicNow() - begun > READ_PATIENCE_MS) {
        return { bytes, state, lock };
      }
      const begin = now.size < bytes.length ? 0 : Math.max(0, bytes.length - FOOTER_BYTES.length);
      bytes = Buffer.concat([bytes.subarray(0, begin), readFrom(file.fd, begin, now.size)]);
      state = now;
    }
  } finally {
    await file.close();
  }
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
export function committedPart(bytes: Uint8Array, size: number): Buffer {
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
