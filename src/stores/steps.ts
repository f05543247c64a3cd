import { closeSync, fsync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const fsyncLater = promisify(fsync);

/** Something that takes time, in two forms: done at once, or awaited. */
export interface Step {
  now(): void;
  later(): Promise<void>;
}

/** Work that is written once, and done in either form: it yields what takes time. */
export type Steps = Generator<Step, void, void>;

/** Does the work, and waits at each step. */
export async function doLater(work: Steps): Promise<void> {
  let { done, value } = work.next();
  while (!done) {
    try {
      await (value as Step).later();
    } catch (error) {
      ({ done, value } = work.throw(error));
      continue;
    }
    ({ done, value } = work.next());
  }
}

/** Does the work at once. */
export function doNow(work: Steps): void {
  let { done, value } = work.next();
  while (!done) {
    try {
      (value as Step).now();
    } catch (error) {
      ({ done, value } = work.throw(error));
      continue;
    }
    ({ done, value } = work.next());
  }
}

/** Makes what was written into an open file survive the loss of power. */
export function* syncFile(file: number): Steps {
  yield { now: () => fsyncSync(file), later: () => fsyncLater(file) };
}

/** The same for what happened to the names in the folder of a file. */
export function* syncFolderOf(path: string): Steps {
  let folder: number;
  try {
    folder = openSync(dirname(path), 'r');
  } catch {
    // Windows opens no folders, and keeps names without it.
    return;
  }
  try {
    yield* syncFile(folder);
  } finally {
    closeSync(folder);
  }
}
