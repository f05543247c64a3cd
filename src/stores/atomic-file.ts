import {
  chmodSync,
  mkdirSync,
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
import { threadId } from 'node:worker_threads';

/** What tells one state of a file from another. */
export type Stamp = string;

/** The state of a file; undefined where there is none. */
export function stampOf(path: string): Stamp | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`;
}

/** The file that a path leads to: a symbolic link stays one, also where it points to nothing yet. */
export function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    try {
      return resolve(dirname(path), readlinkSync(path));
    } catch {
      return path;
    }
  }
}

const queues = new Map<string, Promise<unknown>>();

/** Does work on a path after all work on it that was asked for before. */
export function oneAtATime<T>(path: string, work: () => Promise<T>): Promise<T> {
  const result = (queues.get(path) ?? Promise.resolve()).then(work, work);
  const tail = result.then(
    () => {},
    () => {},
  );
  queues.set(path, tail);
  void tail.then(() => {
    if (queues.get(path) === tail) {
      queues.delete(path);
    }
  });
  return result;
}

/**
 * Gives the file this content, all or nothing: a reader, and whoever comes after a crash, sees the old content or the
 * new. Folders that are missing are made; an existing file keeps its mode.
 */
export async function replaceFile(path: string, content: string): Promise<void> {
  const { target, temporary } = prepare(path);
  try {
    await writeFile(temporary, content);
    // Synchronous, so that a rename still under way at the exit cannot undo what the exit writes.
    commit(target, temporary);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** The same, synchronously. */
export function replaceFileSync(path: string, content: string): void {
  const { target, temporary } = prepare(path);
  try {
    writeFileSync(temporary, content);
    commit(target, temporary);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

let drafts = 0;

function prepare(path: string): { target: string; temporary: string } {
  const target = targetOf(path);
  mkdirSync(dirname(target), { recursive: true });
  removeOrphans(target);
  const temporary = `${target}.${process.pid}.${threadId}.${++drafts}.tmp`;
  return { target, temporary };
}

function commit(target: string, temporary: string): void {
  const mode = statSync(target, { throwIfNoEntry: false })?.mode;
  if (mode !== undefined) {
    chmodSync(temporary, mode & 0o7777);
  }
  renameSync(temporary, target);
}

const swept = new Set<string>();

/** Removes, once a process and file, the drafts that killed processes left beside it. */
function removeOrphans(target: string): void {
  if (swept.has(target)) {
    return;
  }
  swept.add(target);
  const folder = dirname(target);
  const draft = `${basename(target)}.`;
  for (const name of readdirSync(folder)) {
    const pid = name.startsWith(draft)
      ? /^(\d+)\.\d+\.\d+\.tmp$/.exec(name.slice(draft.length))?.[1]
      : undefined;
    if (pid !== undefined && !isAlive(Number(pid))) {
      rmSync(join(folder, name), { force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
