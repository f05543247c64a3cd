import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { threadId } from 'node:worker_threads';
import { monotonicNow, setTimeout, wallNow } from '../core/clock.js';
import { type Steps, syncFile, syncFolderOf } from './steps.js';

// A save holds the lock for milliseconds. One that is older was left behind, or its holder is stopped.
const STALE_MS = 10_000;
// It is made and filled in two calls in a row.
const EMPTY_STALE_MS = 500;
const PATIENCE_MS = 25_000;
const SYNC_PATIENCE_MS = 12_000;

const HOST = hostname();
// Random, because threads share their process's number and containers have the same ones.
const THREAD = `${process.pid}.${threadId}.${randomBytes(4).toString('hex')}`;

/** The state that a file had before somebody began to append to it. */
export interface Committed {
  /** Its size in bytes. */
  readonly size: number;
  /** Its inode, so that another file in its place is not taken for it. */
  readonly ino: string;
}

/** What a holder that is no more, or does not answer, left behind. */
export interface LeftBehind {
  readonly committed: Committed | undefined;
  /** Might the holder be alive, and go on where it stopped? */
  readonly mayGoOn: boolean;
}

/** The lock was taken over by somebody else while its holder was stopped. */
export class LostLockError extends Error {}

const heldHere = new Set<string>();
let locks = 0;

/** A lock file that this thread has made. */
export class FileLock {
  /** What the holder before left behind, where this lock was taken over. */
  readonly left: LeftBehind | undefined;
  readonly #path: string;
  readonly #id: string;
  readonly #file: number;
  readonly #ino: bigint;
  #open = true;

  constructor(path: string, id: string, file: number, left?: LeftBehind) {
    this.left = left;
    this.#path = path;
    this.#id = id;
    this.#file = file;
    this.#ino = fstatSync(file, { bigint: true }).ino;
    heldHere.add(id);
  }

  /** Is it still this lock that stands there? The inode cannot be used again as long as this side has it open. */
  get held(): boolean {
    return heldHere.has(this.#id) && inodeOf(this.#path) === this.#ino;
  }

  /** @throws LostLockError where somebody has taken the lock over. */
  check(): void {
    if (!this.held) {
      throw new LostLockError(`the lock ${this.#path} was taken over`);
    }
  }

  /** Says in the lock file to what size whoever finds this lock left behind has to cut the file. */
  note({ size, ino }: Committed): void {
    writeSync(this.#file, `${size} ${ino}\n`);
  }

  /** Makes the lock file survive the loss of power. */
  *sync(): Steps {
    yield* syncFile(this.#file);
    yield* syncFolderOf(this.#path);
  }

  /** Leaves the lock file to whoever comes next, because what it says has still to be done. */
  leave(): void {
    heldHere.delete(this.#id);
    if (this.#open) {
      this.#open = false;
      closeSync(this.#file);
    }
  }

  release(): void {
    if (this.held) {
      rmSync(this.#path, { force: true });
    }
    this.leave();
  }

  /** The same lock at another path, where its file was moved. */
  movedTo(path: string, left: LeftBehind): FileLock {
    return new FileLock(path, this.#id, this.#file, left);
  }
}

/** Does work on a file after all work on it that this thread asked for before. */
export function inTurn<T>(target: string, work: () => Promise<T>): Promise<T> {
  const result = (turns.get(target) ?? Promise.resolve()).then(work, work);
  const tail = result.catch(() => {});
  turns.set(target, tail);
  void tail.then(() => {
    if (turns.get(target) === tail) {
      turns.delete(target);
    }
  });
  return result;
}

const turns = new Map<string, Promise<unknown>>();

/**
 * Takes the lock of a file, over one that was left behind. Folders that are missing are made.
 *
 * @throws Error where another process holds the lock for too long, and where no lock file can be made.
 */
export async function lock(target: string): Promise<FileLock> {
  const path = lockOf(target);
  const begun = monotonicNow();
  for (;;) {
    const taken = take(path);
    if (taken !== undefined) {
      return taken;
    }
    if (monotonicNow() - begun > PATIENCE_MS) {
      throw lockedError(path);
    }
    await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 10));
  }
}

/** The same, synchronously, for the exit: what this thread itself has under way there goes on no more. */
export function lockSync(target: string): FileLock {
  const path = lockOf(target);
  const begun = monotonicNow();
  for (;;) {
    const taken = take(path, true);
    if (taken !== undefined) {
      return taken;
    }
    if (monotonicNow() - begun > SYNC_PATIENCE_MS) {
      throw lockedError(path);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  }
}

/** What a lock says to one who only reads. */
export interface LockState {
  readonly committed: Committed | undefined;
  /** Was it left behind? */
  readonly isLeft: boolean;
}

/** What the lock of a file says; undefined where nobody writes and nobody left one. */
export function readLock(target: string): LockState | undefined {
  const path = lockOf(target);
  const text = contentOf(path);
  return text === undefined
    ? undefined
    : { committed: committedIn(text), isLeft: conditionOf(path, text) !== 'held' };
}

function lockOf(target: string): string {
  return `${target}.lock`;
}

/** Takes the lock, over one that was left behind, or over this thread's own. Undefined where somebody holds it. */
function take(path: string, overOwn = false): FileLock | undefined {
  const made = make(path);
  if (made !== undefined) {
    return made;
  }
  const text = contentOf(path);
  if (text === undefined) {
    return undefined;
  }
  if (overOwn) {
    heldHere.delete(holderIn(text));
  }
  const condition = conditionOf(path, text);
  return condition === 'held' ? undefined : takeOver(path, text, condition === 'stuck');
}

/** A new lock file; undefined where one is there. */
function make(path: string, content = ''): FileLock | undefined {
  const id = `${THREAD}.${++locks}@${HOST}`;
  let file: number;
  try {
    file = openNew(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      return undefined;
    }
    const problem = `no lock can be made beside the file (${code}), and it is not written without one`;
    throw code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
      ? new Error(problem, { cause: error })
      : error;
  }
  try {
    writeSync(file, `${id}\n${content}`);
    return new FileLock(path, id, file);
  } catch (error) {
    // A full disk takes the file and not its content; a lock of nobody would hold up whoever comes next.
    closeSync(file);
    rmSync(path, { force: true });
    throw error;
  }
}

function openNew(path: string): number {
  try {
    return openSync(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw error;
    }
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, 'wx');
  }
}

/**
 * Puts a lock of this side in the place of one that was left behind, in one step, so that what it says of the file is
 * never lost. Of several that try, one makes the file that is to take its place; where that one is killed as well, the
 * next one clears it away.
 */
function takeOver(path: string, text: string, mayGoOn: boolean): FileLock | undefined {
  const successor = `${path}.next`;
  const committed = committedIn(text);
  const made = make(successor, committed && `${committed.size} ${committed.ino}\n`);
  if (made === undefined) {
    const other = contentOf(successor);
    if (other !== undefined && conditionOf(successor, other) !== 'held') {
      rmSync(successor, { force: true });
    }
    return undefined;
  }
  if (contentOf(path) !== text) {
    made.release();
    return undefined;
  }
  try {
    renameSync(successor, path);
  } catch {
    // Cleared away by somebody who took this side for dead. That one may also have moved it; so where it is, counts.
  }
  const taken = made.movedTo(path, { committed, mayGoOn });
  if (taken.held) {
    return taken;
  }
  made.release();
  return undefined;
}

type Condition = 'held' | 'left' | 'stuck';

/** Is a lock held, or was it left behind by a holder that is dead, or stuck with one that may be alive? */
function conditionOf(path: string, text: string): Condition {
  const holder = holderIn(text);
  if (holder.startsWith(`${THREAD}.`)) {
    return heldHere.has(holder) ? 'held' : 'left';
  }
  if (holder.endsWith(`@${HOST}`) && !isAlive(Number.parseInt(holder, 10))) {
    return 'left';
  }
  return ageMs(path) > (holder === '' ? EMPTY_STALE_MS : STALE_MS) ? 'stuck' : 'held';
}

/** The process and thread that made a lock; '' where it has not yet said so. */
function holderIn(text: string): string {
  return text.slice(0, Math.max(0, text.indexOf('\n')));
}

function committedIn(text: string): Committed | undefined {
  const [, size, ino] = /\n(\d{1,15}) (\d+)\n$/.exec(text) ?? [];
  return size === undefined || ino === undefined ? undefined : { size: Number(size), ino };
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

function lockedError(path: string): Error {
  const holder = holderIn(contentOf(path) ?? '') || 'unknown';
  return new Error(`another process (${holder}) holds ${path}; if none does, delete it`);
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
