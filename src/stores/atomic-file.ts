import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ageMs, isAlive } from './file-lock.js';
import { type Steps, syncFolderOf } from './steps.js';

/** The file that a path leads to: a symbolic link stays one, also where it points to nothing yet. */
export function targetOf(path: string): string {
  let target = path;
  // As many links in a row as Linux follows.
  for (let links = 0; links < 40; links++) {
    try {
      return realpathSync.native(target);
    } catch {
      try {
        target = resolve(realpathSync(dirname(target)), readlinkSync(target));
      } catch {
        return target;
      }
    }
  }
  return path;
}

/** How a file is replaced. */
export interface ReplaceOptions {
  /** Is the loss of power to be survived as well? */
  readonly fsync: boolean;
  /** Called right before the new content takes its place: what it throws stops that. */
  check(): void;
}

/**
 * Gives the file this content, all or nothing: a reader, and whoever comes after a crash, sees the old content or the
 * new. An existing file keeps its mode.
 *
 * @param target The file itself, no link to it.
 */
export function* replaceFile(target: string, content: string | Uint8Array, options: ReplaceOptions): Steps {
  const temporary = `${target}.${SELF}.${++drafts}.tmp`;
  const flush = options.fsync;
  try {
    yield {
      now: () => writeFileSync(temporary, content, { flush }),
      later: () => writeFile(temporary, content, { flush }),
    };
    // Synchronous, so that a rename still under way at the exit cannot undo what the exit writes.
    commit(target, temporary, options.check);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  if (options.fsync) {
    yield* syncFolderOf(target);
  }
}

const SELF = `${process.pid}.${randomBytes(4).toString('hex')}`;
let drafts = 0;

function commit(target: string, temporary: string, check: () => void): void {
  const mode = statSync(target, { throwIfNoEntry: false })?.mode;
  if (mode !== undefined) {
    chmodSync(temporary, mode & 0o7777);
  }
  check();
  renameSync(temporary, target);
}

// A process of another container, on a shared folder, is not seen here; a draft lives for milliseconds.
const ORPHAN_AGE_MS = 60_000;
const swept = new Set<string>();

/** Removes, once a process and file, the drafts that killed processes left beside it. */
export function removeOrphans(target: string): void {
  if (swept.has(target)) {
    return;
  }
  swept.add(target);
  const folder = dirname(target);
  const draft = `${basename(target)}.`;
  for (const name of readdirSync(folder)) {
    const pid = name.startsWith(draft)
      ? /^(\d+)\.[\da-f]+\.\d+\.tmp$/.exec(name.slice(draft.length))?.[1]
      : undefined;
    if (pid !== undefined && !isAlive(Number(pid)) && ageMs(join(folder, name)) > ORPHAN_AGE_MS) {
      rmSync(join(folder, name), { force: true });
    }
  }
}
