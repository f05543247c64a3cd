import { monotonicNow, setTimeout } from '../core/clock.js';
import { atEnd } from '../core/host-realm.js';
import type { FileLock } from './file-lock.js';
import { isOnLocalDisk } from './local-disk.js';
import type { Committed } from './lock-log.js';

/** A save that follows on another one within this time keeps the lock for the next; after such a time it goes. */
const QUIET_MS = 25;

/** By file: the locks that are kept between two saves, free for whoever wants them. */
const kept = new Map<string, FileLock>();
/** By file: when it was last saved, and may its lock be kept? */
const saved = new Map<string, { readonly at: number; readonly isLocal: boolean | undefined }>();
let timer: ReturnType<typeof setTimeout> | undefined;
let isReleasedAtExit = false;

/**
 * Takes the lock of a file that was kept; undefined where none was, or somebody has taken it.
 *
 * @param committed What the file holds, as far as is known.
 */
export function keptLock(target: string, committed?: Committed): FileLock | undefined {
  const lock = kept.get(target);
  kept.delete(target);
  try {
    if (lock?.resume(committed)) {
      return lock;
    }
  } catch {
    // Where nothing can be written, the lock cannot be taken anew either, and that tells why.
  }
  lock?.leave();
  return undefined;
}

/**
 * After a save: keeps the lock where saves follow on each other, because to make and to delete a file takes many times
 * as long as to write into it. Others take it from there as if it was not.
 */
export function giveBack(target: string, lock: FileLock): void {
  const at = monotonicNow();
  const before = saved.get(target);
  const isQuick = before !== undefined && at - before.at < QUIET_MS;
  const isLocal = isQuick ? (before.isLocal ?? isOnLocalDisk(target)) : undefined;
  saved.set(target, { at, isLocal });
  watch();
  if (isLocal && lock.pause()) {
    kept.set(target, lock);
  } else {
    lock.release();
  }
}

/** Releases the lock of a file, if it was kept. Where it cannot be deleted it stays there, free. */
export function releaseLock(target: string): void {
  saved.delete(target);
  const lock = keptLock(target);
  try {
    lock?.release();
  } catch {
    lock?.leave();
  }
}

/** Releases what is kept when nothing was saved for a while, and when the process ends. */
function watch(): void {
  if (!isReleasedAtExit) {
    isReleasedAtExit = true;
    atEnd(() => [...saved.keys()].forEach(releaseLock));
  }
  if (timer !== undefined) {
    return;
  }
  timer = setTimeout(() => {
    timer = undefined;
    const before = monotonicNow() - QUIET_MS;
    for (const [target, { at }] of saved) {
      if (at <= before) {
        releaseLock(target);
      }
    }
    if (saved.size > 0) {
      watch();
    }
  }, QUIET_MS);
  timer.unref();
}
