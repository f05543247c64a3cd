import { constants, isUtf8 } from 'node:buffer';
import { closeSync } from 'node:fs';
import { CassetteLoadError } from '../core/errors.js';
import type { StoredInteraction } from '../core/stored-interaction.js';
import { parseFile } from '../formats/cassette-json.js';
import { replaceFile } from './atomic-file.js';
import type { FileLock, LeftBehind } from './file-lock.js';
import { stateOf } from './file-state.js';
import {
  blocksSince,
  type Content,
  committedPart,
  endsWithFooter,
  readFrom,
  restore,
} from './growing-file.js';
import { openIfThere } from './open-file.js';
import type { Steps } from './steps.js';

/** How a file whose last append may be torn is put right. */
export interface TornFile {
  /** How messages name it. */
  readonly location: string;
  /** Is the loss of power to be survived as well? */
  readonly fsync: boolean;
  readonly warn: (message: string) => void;
}

/** Puts right what a holder of the lock left behind that died in the middle of an append, or was stopped there. */
export function* recover(target: string, held: FileLock, left: LeftBehind, torn: TornFile): Steps {
  const file = openIfThere(target);
  if (file === undefined) {
    return;
  }
  try {
    const { committed, mayGoOn } = left;
    const { ino, size } = stateOf(file);
    const isTorn = committed?.ino === ino && isTornAt(file, committed.size, size, torn.location);
    if (mayGoOn) {
      // It keeps the file that it may still write into, and the cassette moves to another one.
      const bytes = readFrom(file, 0, size);
      const whole = isTorn ? committedPart(bytes, committed.size) : bytes;
      yield* replaceFile(target, whole, { fsync: torn.fsync, check: () => held.check() });
    } else if (isTorn) {
      held.check();
      restore(file, committed.size);
    }
    if (isTorn) {
      torn.warn(`${tornIn(torn.location)}; it was cut back to its ${committed.size} bytes before that`);
    }
  } finally {
    closeSync(file);
  }
}

/**
 * What a file that cannot be read held before an append that is under way, or was torn; undefined where the lock knows
 * of none.
 */
export function committedIn(
  { bytes, state, lock }: Content,
  { location, warn }: TornFile,
): readonly StoredInteraction[] | undefined {
  const committed = lock?.committed;
  if (committed?.ino !== state.ino || committed.size > bytes.length) {
    return undefined;
  }
  const interactions = interactionsIn(committedPart(bytes, committed.size), location);
  if (interactions !== undefined && lock?.isLeft) {
    warn(`${tornIn(location)}; what it held before that, ${committed.size} bytes, was read`);
  }
  return interactions;
}

/** What every SQLite database begins with. */
const SQLITE = 'SQLite format 3\0';

/** The text of a file, without a byte order mark. What a cut left of its last character does not count. */
export function decode(bytes: Buffer, location: string): string {
  if (bytes.byteLength > constants.MAX_STRING_LENGTH) {
    throw new CassetteLoadError(location, {
      problem: `it has ${bytes.byteLength} bytes, and no text of this Node is longer than ${constants.MAX_STRING_LENGTH}`,
      hint: 'Record into several cassettes.',
    });
  }
  if (bytes.toString('latin1', 0, SQLITE.length) === SQLITE) {
    const hint = 'Put "sqlite:" in front of its path.';
    throw new CassetteLoadError(location, { problem: 'it is an SQLite database', hint });
  }
  try {
    // Ten times as fast as the decoder, on Node 20.
    return isUtf8(bytes)
      ? bytes.toString().replace(/^\ufeff/, '')
      : new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch (cause) {
    const hint = 'Save it as UTF-8, or restore it from version control.';
    throw new CassetteLoadError(location, { cause, problem: 'it is not UTF-8 text', hint });
  }
}

function isTornAt(file: number, size: number, now: number, location: string): boolean {
  const isWhole = now === size ? endsWithFooter(file, now) : blocksSince(file, size, now) !== undefined;
  // Unless somebody has cut it, or laid it out anew since.
  return now >= size && !isWhole && interactionsIn(readFrom(file, 0, now), location) === undefined;
}

function interactionsIn(bytes: Buffer, location: string): readonly StoredInteraction[] | undefined {
  try {
    return parseFile(decode(bytes, location), location).interactions;
  } catch {
    return undefined;
  }
}

function tornIn(location: string): string {
  return `the cassette ${location} ends with a recording that was cut off when its process died`;
}
