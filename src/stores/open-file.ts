import { closeSync, openSync } from 'node:fs';
import { isMissing } from './file-errors.js';
import { type FileState, stateAt, stateOf } from './file-state.js';

/** A file that stays open from one save to the next. */
export class OpenFile {
  readonly #path: string;
  #open: { readonly file: number; readonly identity: string } | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The file that the path leads to now, opened to change it, and its state; undefined where there is none. */
  now(): { readonly file: number; readonly state: FileState } | undefined {
    if (this.#open !== undefined) {
      const state = stateAt(this.#path);
      if (state?.identity === this.#open.identity) {
        return { file: this.#open.file, state };
      }
      this.close();
    }
    const file = openIfThere(this.#path);
    if (file === undefined) {
      return undefined;
    }
    const state = stateOf(file);
    this.#open = { file, identity: state.identity };
    return { file, state };
  }

  close(): void {
    if (this.#open !== undefined) {
      closeSync(this.#open.file);
      this.#open = undefined;
    }
  }
}

/** Opens a file to change it; undefined where there is none. */
export function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r+');
  } catch (error) {
    if (isMissing(error)) {
      return undefined;
    }
    throw error;
  }
}
