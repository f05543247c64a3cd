import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Cassette } from '../core/cassette.js';
import type { CassetteStore } from '../core/cassette-store.js';
import { CassetteLoadError, CassetteSaveError, describe, InvalidOptionError } from '../core/errors.js';
import type { Interaction } from '../core/interaction.js';
import { parseCassette, printCassette, printInteraction } from '../formats/cassette-json.js';
import { replaceFile, replaceFileSync, type Stamp, stampOf, targetOf } from './atomic-file.js';
import { exclusively, exclusivelySync } from './file-lock.js';

/** Options of a JsonFileCassetteStore. */
export interface JsonFileCassetteStoreOptions {
  /** Load an empty cassette where the file is missing, instead of failing; false where left out. */
  readonly createIfMissing?: boolean;
}

/** What this store knows of the file since it last read or wrote it. */
interface Known {
  readonly stamp: Stamp | undefined;
  /** What the file held. */
  readonly blocks: readonly string[];
  /** What of it is this side's: what was loaded from it or saved into it. */
  readonly own: readonly string[];
}

const NO_BLOCKS: readonly string[] = [];
const NOTHING_KNOWN: Known = { stamp: undefined, blocks: NO_BLOCKS, own: NO_BLOCKS };

/**
 * A cassette in one pretty-printed JSON file. A save replaces the file at once: a crash leaves the old one or the new
 * one. A file that somebody else changed since it was read is merged, not overwritten: what was deleted stays deleted.
 *
 * @throws InvalidOptionError from the constructor for a URL that is no `file:` URL, or an empty path.
 */
export class JsonFileCassetteStore implements CassetteStore {
  /** The absolute path. */
  readonly location: string;
  readonly #createIfMissing: boolean;
  readonly #printed = new WeakMap<Interaction, string>();
  #known = NOTHING_KNOWN;
  /** What was loaded and not printed yet: a replay never needs it. */
  #loaded: readonly Interaction[] = [];

  /** @param path A path, relative to the working directory of this moment, or a `file:` URL. */
  constructor(path: string | URL, options: JsonFileCassetteStoreOptions = {}) {
    this.location = absolutePath(path);
    this.#createIfMissing = options.createIfMissing ?? false;
  }

  /**
   * @throws CassetteLoadError where the file is missing (unless made with `createIfMissing`), unreadable, a folder,
   * empty, cut off, not JSON, of a newer version, or holds an interaction that is not well formed.
   */
  async load(): Promise<Cassette> {
    let bytes: Uint8Array;
    let stamp: Stamp | undefined;
    try {
      // Before the read: a change in between is then noticed at the next save.
      stamp = stampOf(this.location);
      bytes = await readFile(this.location);
    } catch (cause) {
      if (isMissing(cause) && this.#createIfMissing) {
        this.#known = NOTHING_KNOWN;
        this.#loaded = [];
        return new Cassette();
      }
      throw loadError(this.location, cause);
    }
    const interactions = parseCassette(decode(bytes, this.location), this.location);
    this.#loaded = interactions;
    this.#known = { stamp, blocks: NO_BLOCKS, own: NO_BLOCKS };
    return new Cassette(interactions);
  }

  /** @throws CassetteSaveError where the file cannot be written, or what is there now cannot be read. */
  async save(cassette: Cassette, since?: Cassette): Promise<void> {
    try {
      const target = targetOf(this.location);
      await exclusively(target, async () => {
        const next = this.#next(cassette, since);
        await replaceFile(target, printCassette(next.blocks));
        this.#known = { ...next, stamp: stampOf(target) };
      });
    } catch (cause) {
      throw saveError(this.location, cause);
    }
  }

  /** @throws CassetteSaveError as `save` does. */
  saveSync(cassette: Cassette, since?: Cassette): void {
    try {
      const target = targetOf(this.location);
      exclusivelySync(target, () => {
        const next = this.#next(cassette, since);
        replaceFileSync(target, printCassette(next.blocks));
        this.#known = { ...next, stamp: stampOf(target) };
      });
    } catch (cause) {
      throw saveError(this.location, cause);
    }
  }

  #print(interaction: Interaction): string {
    let block = this.#printed.get(interaction);
    if (block === undefined) {
      block = printInteraction(interaction);
      this.#printed.set(interaction, block);
    }
    return block;
  }

  /** What the file is to hold, and what of it is this side's. */
  #next(cassette: Cassette, since?: Cassette): Omit<Known, 'stamp'> {
    if (this.#loaded.length > 0) {
      const loaded = this.#loaded.map((interaction) => this.#print(interaction));
      this.#loaded = [];
      this.#known = { ...this.#known, blocks: loaded, own: loaded };
    }
    const own = cassette.interactions.map((interaction) => this.#print(interaction));
    const { stamp, blocks: known } = this.#known;
    const before = since?.interactions.map((interaction) => this.#print(interaction)) ?? this.#known.own;
    const now = stampOf(this.location);
    const blocks = now === stamp ? known : now === undefined ? [] : this.#readBlocks();
    const isOwn = blocks.length === before.length && blocks.every((block, index) => block === before[index]);
    return { own, blocks: isOwn ? own : merged(blocks, before, own) };
  }

  #readBlocks(): readonly string[] {
    const text = decode(readFileSync(this.location), this.location);
    return parseCassette(text, this.location).map((interaction) => this.#print(interaction));
  }
}

/**
 * What the file is to hold when it is not this side's alone: what it holds now, without what this side has removed
 * since it last saved, and with what this side has added.
 */
function merged(
  now: readonly string[],
  before: readonly string[],
  own: readonly string[],
): readonly string[] {
  const inBefore = new Set(before);
  const inOwn = new Set(own);
  const inNow = new Set(now);
  const kept = now.filter((block) => inOwn.has(block) || !inBefore.has(block));
  return [...kept, ...own.filter((block) => !inBefore.has(block) && !inNow.has(block))];
}

function absolutePath(path: string | URL): string {
  const isUrl =
    path instanceof URL || (typeof path === 'string' && /^(?:file:|[a-z][a-z\d+.-]+:\/\/)/i.test(path));
  const local = isUrl ? pathOfUrl(path) : path;
  if (typeof local !== 'string') {
    throw new InvalidOptionError('cassette path', `${String(path)} is neither a path nor a file: URL.`);
  }
  if (local === '' || local.includes('\0')) {
    throw new InvalidOptionError('cassette path', `${JSON.stringify(path)} names no file.`);
  }
  return resolve(local);
}

function pathOfUrl(url: string | URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    const problem = `${url} is no file: URL that leads to a file here: ${describe(cause)}`;
    throw new InvalidOptionError('cassette path', problem, { cause });
  }
}

/** The text of a file, without a byte order mark. What a cut left of its last character does not count. */
function decode(bytes: Uint8Array, location: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch (cause) {
    const hint = 'Save it as UTF-8, or restore it from version control.';
    throw new CassetteLoadError(location, { cause, problem: 'it is not UTF-8 text', hint });
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException)?.code === 'ENOENT';
}

function loadError(location: string, cause: unknown): CassetteLoadError {
  const code = (cause as NodeJS.ErrnoException)?.code;
  if (isMissing(cause)) {
    return new CassetteLoadError(location, {
      cause,
      problem: 'the file does not exist',
      hint:
        'Record it first, in mode "record" or "auto"; a store that may start empty is made with ' +
        '{ createIfMissing: true }.',
    });
  }
  if (code === 'EISDIR') {
    return new CassetteLoadError(location, { cause, problem: 'it is a folder', hint: 'Name a file in it.' });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const hint = 'Give this user the right to read it.';
    return new CassetteLoadError(location, { cause, problem: `it may not be read (${code})`, hint });
  }
  return new CassetteLoadError(location, { cause });
}

function saveError(location: string, cause: unknown): CassetteSaveError {
  const hint = 'What was in the file is still there; this recording is not.';
  return new CassetteSaveError(location, { cause, problem: describe(cause).replace(/\.$/, ''), hint });
}
