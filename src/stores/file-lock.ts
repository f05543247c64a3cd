import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { threadId } from 'node:worker_threads';
import { monotonicNow, setImmediate, setTimeout, wallNow } from '../core/clock.js';
import { type Committed, lines, readLog } from './lock-log.js';
import { OpenFile } from './open-file.js';
import { type Steps, syncFile, syncFolderOf } from './steps.js';

// A save holds the lock for milliseconds. One that is older was left behind, or its holder is stopped.
const STALE_MS = 10_000;
// It is made and filled in two calls in a row.
const EMPTY_STALE_MS = 500;
const PATIENCE_MS = 25_000;
const SYNC_PATIENCE_MS = 12_000;
/** Who keeps a lock needs it for microseconds at a time: so often it is asked for again at once. */
const QUICK_ATTEMPTS = 3;
/** What a lock file may grow to: whoever wants it reads it whole. */
const LONGEST_LOG = 16_384;

// In ASCII, so that a lock file has as many bytes as characters.
const HOST = hostname().replace(/[^!-~]/g, '?');
// Random, because threads share their process's number and containers have the same ones.
const THREAD = `${process.pid}.${threadId}.${randomBytes(4).toString('hex')}`;

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

/** A lock file that this thread has made, or taken over. */
export class FileLock {
  /** What the holder before left behind, where this lock was taken over from one that is no more. */
  readonly left: LeftBehind | undefined;
  /** What is locked. It is open until the lock is released, or left. */
  readonly data: OpenFile;
  readonly #path: string;
  readonly #id: string;
  readonly #file: number;
  readonly #term: number;
  readonly #ino: bigint;
  /** How much of the file is known. */
  #length: number;
  #noted: Committed | undefined;
  #open = true;

  constructor(path: string, { id, file, term = 0, length, left }: LockParts) {
    this.left = left;
    this.data = new OpenFile(targetOf(path));
    this.#path = path;
    this.#id = id;
    this.#file = file;
    this.#term = term;
    this.#length = length;
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
  note(committed: Committed): void {
    if (this.#noted?.size !== committed.size || this.#noted.ino !== committed.ino) {
      this.#say(lines.note(this.#term, committed));
      this.#noted = committed;
    }
  }

  /** Makes the lock file survive the loss of power. */
  *sync(): Steps {
    yield* syncFile(this.#file);
    yield* syncFolderOf(this.#path);
  }

  /** Lets others take the lock, and keeps it where none does. False where it has to be released instead. */
  pause(): boolean {
    if (this.#length > LONGEST_LOG) {
      return false;
    }
    if (process.platform === 'win32') {
      // Nobody could put another file in the place of an open one.
      this.data.close();
    }
    try {
      this.#say(lines.free(this.#term));
      this.#noted = undefined;
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Holds the lock again after a pause. False where somebody has taken it.
   *
   * @param committed What `note` will say, where that is known.
   */
  resume(committed?: Committed): boolean {
    const known = this.#length;
    const line = lines.busy(this.#term, committed);
    this.#say(line);
    this.#noted = committed;
    // What others wrote in between stands before it.
    if (textFrom(this.#file, known, line.length + 1) === line) {
      return true;
    }
    const text = textOf(this.#file);
    this.#length = text.length;
    return readLog(text).holder === this.#id;
  }

  /** Leaves the lock file to whoever comes next, because what it says has still to be done. */
  leave(): void {
    heldHere.delete(this.#id);
    this.data.close();
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
    return new FileLock(path, { id: this.#id, file: this.#file, length: this.#length, left });
  }

  #say(line: string): void {
    const written = writeSync(this.#file, line);
    this.#length += written;
    if (written < line.length) {
      throw new Error(`the lock ${this.#path} cannot be written to its end`);
    }
  }
}

interface LockParts {
  readonly id: string;
  readonly file: number;
  readonly term?: number;
  readonly length: number;
  readonly left?: LeftBehind;
}

/**
 * Takes the lock of a file, over one that was left behind. Folders that are missing are made.
 *
 * @throws Error where another process holds the lock for too long, and where no lock file can be made.
 */
export async function takeLock(target: string): Promise<FileLock> {
  const path = lockOf(target);
  const begun = monotonicNow();
  for (let attempt = 0; ; attempt++) {
    const taken = take(path);
    if (taken !== undefined) {
      return taken;
    }
    if (monotonicNow() - begun > PATIENCE_MS) {
      throw lockedError(path);
    }
    await new Promise<void>((resolve) => {
      if (attempt < QUICK_ATTEMPTS) {
        setImmediate(resolve);
      } else {
        setTimeout(resolve, 1 + Math.random() * 10);
      }
    });
  }
}

/** The same, synchronously, for the exit: what this thread itself has under way there goes on no more. */
export function takeLockSync(target: string): FileLock {
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
    : { committed: readLog(text).committed, isLeft: conditionOf(path, text) !== 'held' };
}

const SUFFIX = '.lock';

function lockOf(target: string): string {
  return `${target}${SUFFIX}`;
}

function targetOf(path: string): string {
  return path.slice(0, -SUFFIX.length);
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
  const { holder, isFree } = readLog(text);
  const file = isFree ? openToTake(path) : undefined;
  if (file !== undefined) {
    return takeFree(path, file);
  }
  if (overOwn) {
    heldHere.delete(holder);
  }
  const condition = conditionOf(path, text);
  return condition === 'held' ? undefined : takeOver(path, text, condition === 'stuck');
}

/** Undefined where the lock file is gone, or somebody else's who lets nobody write in it. */
function openToTake(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDWR | constants.O_APPEND);
  } catch {
    return undefined;
  }
}

/** Takes a lock that its holder has paused with. Undefined where that one, or a third, was quicker. */
function takeFree(path: string, file: number): FileLock | undefined {
  let taken: FileLock | undefined;
  try {
    const { term, isFree } = readLog(textOf(file));
    const id = newId();
    if (isFree) {
      writeSync(file, lines.take(term + 1, id));
      const text = textOf(file);
      if (readLog(text).holder === id) {
        taken = new FileLock(path, { id, file, term: term + 1, length: text.length });
      }
    }
  } finally {
    if (taken === undefined) {
      closeSync(file);
    }
  }
  if (taken?.held === false) {
    taken.leave();
    return undefined;
  }
  return taken;
}

/** A new lock file; undefined where one is there. */
function make(path: string, content = ''): FileLock | undefined {
  const id = newId();
  let file: number;
  try {
    file = openNew(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') {
      return undefined;
    }
    const problem = `no lock can be made beside the file (${code}), and it is not written without one: its folder has to be writable`;
    throw code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
      ? new Error(problem, { cause: error })
      : error;
  }
  try {
    const text = `${id}\n${content}`;
    writeSync(file, text);
    return new FileLock(path, { id, file, length: text.length });
  } catch (error) {
    // A full disk takes the file and not its content; a lock of nobody would hold up whoever comes next.
    closeSync(file);
    rmSync(path, { force: true });
    throw error;
  }
}

function newId(): string {
  return `${THREAD}.${++locks}@${HOST}`;
}

function openNew(path: string): number {
  try {
    return openSync(path, 'ax+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw error;
    }
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, 'ax+');
  }
}

/**
 * Puts a lock of this side in the place of one that was left behind, in one step, so that what it says of the file is
 * never lost. Of several that try, one makes the file that is to take its place; where that one is killed as well, the
 * next one clears it away.
 */
function takeOver(path: string, text: string, mayGoOn: boolean): FileLock | undefined {
  const successor = `${path}.next`;
  const { committed } = readLog(text);
  const made = make(successor, committed && lines.note(0, committed));
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
  const { holder } = readLog(text);
  if (holder.startsWith(`${THREAD}.`)) {
    return heldHere.has(holder) ? 'held' : 'left';
  }
  if (holder.endsWith(`@${HOST}`) && !isAlive(Number.parseInt(holder, 10))) {
    return 'left';
  }
  return ageMs(path) > (holder === '' ? EMPTY_STALE_MS : STALE_MS) ? 'stuck' : 'held';
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EISDIR') {
      throw new Error(`${path} is a folder, and has to be free for the lock: move it away`, { cause });
    }
    return undefined;
  }
}

function textOf(file: number): string {
  return textFrom(file, 0, fstatSync(file).size);
}

/** The text of an open file from a place on, up to so many bytes. All of it is ASCII. */
function textFrom(file: number, position: number, length: number): string {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.toString('latin1', 0, readSync(file, bytes, 0, length, position));
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

function lockedError(path: string): Error {
  const holder = readLog(contentOf(path) ?? '').holder || 'unknown';
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
