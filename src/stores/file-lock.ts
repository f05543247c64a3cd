import { randomBytes } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { threadId } from 'node:worker_threads';
import { monotonicNow, setTimeout, wallNow } from '../core/clock.js';

// A save holds the lock for milliseconds. One that is older was left behind, or its holder is stopped.
const STALE_MS = 10_000;
const PATIENCE_MS = 25_000;
const SYNC_PATIENCE_MS = 12_000;

// Random, because threads share their process's number and containers have the same ones.
const SELF = `${process.pid}.${threadId}.${randomBytes(4).toString('hex')}`;

/**
 * Does work on a file that no other store, thread or process does at the same time: after all work on it that this
 * thread asked for before, and under a lock file beside it. Folders that are missing are made.
 *
 * @throws Error where another process holds the lock for too long.
 */
export async function exclusively<T>(target: string, work: () => Promise<T>): Promise<T> {
  return oneAtATime(target, async () => {
    const lock = lockOf(target);
    const begun = monotonicNow();
    while (!take(lock)) {
      if (monotonicNow() - begun > PATIENCE_MS) {
        throw lockedError(lock);
      }
      await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 10));
    }
    try {
      return await work();
    } finally {
      release(lock);
    }
  });
}

/** The same, synchronously, for the exit: what this thread itself has under way there goes on no more. */
export function exclusivelySync<T>(target: string, work: () => T): T {
  const lock = lockOf(target);
  const begun = monotonicNow();
  while (!take(lock) && holderOf(lock) !== SELF) {
    if (monotonicNow() - begun > SYNC_PATIENCE_MS) {
      throw lockedError(lock);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
  try {
    return work();
  } finally {
    release(lock);
  }
}

// Unless somebody has taken it over, from a process that was stopped for too long.
function release(lock: string): void {
  if (holderOf(lock) === SELF) {
    rmSync(lock, { force: true });
  }
}

const queues = new Map<string, Promise<unknown>>();

function oneAtATime<T>(target: string, work: () => Promise<T>): Promise<T> {
  const result = (queues.get(target) ?? Promise.resolve()).then(work, work);
  const tail = result.catch(() => {});
  queues.set(target, tail);
  void tail.then(() => {
    if (queues.get(target) === tail) {
      queues.delete(target);
    }
  });
  return result;
}

function lockOf(target: string): string {
  mkdirSync(dirname(target), { recursive: true });
  return `${target}.lock`;
}

/** Takes the lock, over one that was left behind. False where somebody holds it. */
function take(lock: string): boolean {
  try {
    make(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  }
  const holder = holderOf(lock);
  const isGone = holder !== '' && !isAlive(Number.parseInt(holder, 10));
  if (isGone || ageMs(lock) > STALE_MS) {
    removeStale(lock, holder);
  }
  return false;
}

function make(lock: string): void {
  const file = openSync(lock, 'wx');
  try {
    writeSync(file, SELF);
  } catch (error) {
    // A full disk takes the file and not its content; a lock of nobody would hold up whoever comes next.
    rmSync(lock, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

// Renamed first: of several that find it stale, one gets it, and none removes the lock that another has taken since.
function removeStale(lock: string, holder: string): void {
  const aside = `${lock}.${SELF}`;
  try {
    renameSync(lock, aside);
    if (readFileSync(aside, 'utf8') === holder) {
      rmSync(aside, { force: true });
    } else {
      renameSync(aside, lock);
    }
  } catch {
    // Somebody else was quicker.
  }
}

/** The process and thread that hold the lock; '' where none does, or one has just made it. */
function holderOf(lock: string): string {
  try {
    return readFileSync(lock, 'utf8');
  } catch {
    return '';
  }
}

function lockedError(lock: string): Error {
  return new Error(`another process (${holderOf(lock) || 'unknown'}) holds ${lock}; if none does, delete it`);
}

/** Does this process exist? One that may not be asked does. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** How long ago a file was written; 0 where there is none. */
export function ageMs(path: string): number {
  const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return written === undefined ? 0 : wallNow() - written;
}
