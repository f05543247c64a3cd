import { Cassette } from '../core/cassette.js';
import type { CassetteStore } from '../core/cassette-store.js';
import { FOOTER, SEPARATOR } from '../formats/cassette-blocks.js';
import { blocksOf, parseFile, printCassette, printInteraction } from '../formats/cassette-json.js';
import { removeOrphans, replaceFile, targetOf } from './atomic-file.js';
import { applied, type Block, type Change, changeTo, without } from './cassette-change.js';
import { isMissing, loadError, saveError } from './file-errors.js';
import { type FileLock, LostLockError, takeLock, takeLockSync } from './file-lock.js';
import { absolutePath } from './file-path.js';
import { type FileState, stateAt, stateOf } from './file-state.js';
import {
  blocksSince,
  type Content,
  endsWithFooter,
  readFrom,
  readGrowing,
  replaceFooter,
  restore,
} from './growing-file.js';
import { inTurn } from './in-turn.js';
import { giveBack, keptLock, releaseLock } from './kept-locks.js';
import { SavedVersions } from './saved-versions.js';
import { doLater, doNow, type Steps, syncFile } from './steps.js';
import { committedIn, decode, recover, type TornFile } from './torn-file.js';

/** Options of a JsonFileCassetteStore. */
export interface JsonFileCassetteStoreOptions {
  /** Load an empty cassette where the file is missing, instead of failing; false where left out. */
  readonly createIfMissing?: boolean;
  /**
   * Is a save to survive the loss of power too, and not only the death of the process? It then waits for the disk,
   * three times a save. False where left out.
   */
  readonly fsync?: boolean;
  /** Told where an append was found torn; `process.emitWarning` where left out. */
  readonly warn?: (message: string) => void;
}

/** What this store knows of the file since it last read or wrote it. */
interface Known extends FileState {
  /** May blocks be put in the place of its footer? */
  readonly growable: boolean;
}

/** What a save has to do: nothing, put blocks behind those that are there, or in the place of all. */
interface Plan {
  readonly kind: 'nothing' | 'append' | 'replace';
  readonly blocks: readonly Block[];
}

/**
 * A cassette in one pretty-printed JSON file. A save appends what is new; where something was removed, it replaces the
 * file at once. A crash loses nothing that was saved before. A file that somebody else changed since it was read is
 * merged, not overwritten: what was deleted stays deleted.
 *
 * @throws InvalidOptionError from the constructor for a URL that is no `file:` URL, or an empty path.
 */
export class JsonFileCassetteStore implements CassetteStore {
  /** The absolute path. */
  readonly location: string;
  readonly #createIfMissing: boolean;
  readonly #fsync: boolean;
  readonly #torn: TornFile;
  #known: Known | undefined;
  readonly #versions = new SavedVersions();
  #syncSaves = 0;

  /** @param path A path, relative to the working directory of this moment, or a `file:` URL. */
  constructor(path: string | URL, options: JsonFileCassetteStoreOptions = {}) {
    this.location = absolutePath(path);
    this.#createIfMissing = options.createIfMissing ?? false;
    this.#fsync = options.fsync ?? false;
    const warn = options.warn ?? ((message: string) => process.emitWarning(message));
    this.#torn = { location: this.location, fsync: this.#fsync, warn };
  }

  /**
   * Where an append is torn, or under way, this is what the file held before it.
   *
   * @throws CassetteLoadError where the file is missing (unless made with `createIfMissing`), unreadable, a folder,
   * empty, cut off, not JSON, of a newer version, or holds an interaction that is not well formed.
   */
  async load(): Promise<Cassette> {
    const content = await this.#read();
    this.#known = undefined;
    this.#versions.loaded(new Cassette());
    const cassette = content === undefined ? new Cassette() : this.#parse(content);
    this.#versions.loaded(cassette);
    return cassette;
  }

  /** @throws CassetteSaveError where the file cannot be written, or what is there now cannot be read. */
  async save(cassette: Cassette, since?: Cassette): Promise<void> {
    const syncSaves = this.#syncSaves;
    try {
      const target = targetOf(this.location);
      await inTurn(target, async () => {
        const before = this.#versions.basis(cassette, since);
        // A `saveSync` that was asked for later has this one's interactions, and is not to be undone.
        const isOvertaken = syncSaves !== this.#syncSaves;
        if (isOvertaken && (since === undefined || before.since(cassette) !== undefined)) {
          return;
        }
        const change = changeTo(cassette, before);
        await this.#saveLater(target, change);
        this.#versions.saved(cassette, change.before, since);
      });
    } catch (cause) {
      throw saveError(this.location, cause);
    }
  }

  /** @throws CassetteSaveError as `save` does. */
  saveSync(cassette: Cassette, since?: Cassette): void {
    this.#syncSaves++;
    try {
      const target = targetOf(this.location);
      if (cassette === since) {
        releaseLock(target);
        return;
      }
      const change = changeTo(cassette, this.#versions.basis(cassette, since));
      const held = keptLock(target) ?? takeLockSync(target);
      try {
        doNow(this.#write(target, held, change));
      } finally {
        held.release();
      }
      this.#versions.saved(cassette, change.before, since);
    } catch (cause) {
      throw saveError(this.location, cause);
    }
  }

  /** Gives back the lock that is kept while one save follows on another. */
  async flush(): Promise<void> {
    const target = targetOf(this.location);
    await inTurn(target, async () => releaseLock(target));
  }

  async #saveLater(target: string, change: Change): Promise<void> {
    for (;;) {
      const held = keptLock(target, this.#known) ?? (await takeLock(target));
      try {
        await doLater(this.#write(target, held, change));
        giveBack(target, held);
        return;
      } catch (error) {
        held.release();
        if (!(error instanceof LostLockError)) {
          throw error;
        }
        // Somebody took this side for dead. What of the change stands in the file by now is found by reading it.
        this.#known = undefined;
      }
    }
  }

  #parse(content: Content): Cassette {
    const { bytes, state } = content;
    try {
      const { interactions, growable } = parseFile(decode(bytes, this.location), this.location);
      this.#known = { ...state, growable };
      return new Cassette(interactions);
    } catch (error) {
      const committed = committedIn(content, this.#torn);
      if (committed === undefined) {
        throw error;
      }
      return new Cassette(committed);
    }
  }

  *#write(target: string, held: FileLock, change: Change): Steps {
    removeOrphans(target);
    if (held.left !== undefined) {
      yield* recover(target, held, held.left, this.#torn);
    }
    const open = held.data.now();
    const { kind, blocks } =
      open === undefined
        ? { kind: 'replace', blocks: change.added }
        : this.#plan(open.file, open.state, change);
    if (open !== undefined && kind === 'append') {
      yield* this.#append(open.file, held, blocks);
    } else if (kind === 'replace') {
      held.data.close();
      const text = printCassette(blocks.map((block) => block.text));
      yield* replaceFile(target, text, { fsync: this.#fsync, check: () => held.check() });
      const state = stateAt(target);
      this.#known = state && { ...state, growable: blocks.length > 0 };
    }
  }

  #plan(file: number, state: FileState, change: Change): Plan {
    const known = this.#known;
    if (change.removed.length === 0 && known?.growable) {
      if (known.stamp === state.stamp) {
        return planFor(change.added);
      }
      const isWhole = endsWithFooter(file, state.size);
      const theirs =
        isWhole && known.ino === state.ino ? blocksSince(file, known.size, state.size) : undefined;
      if (theirs !== undefined) {
        this.#known = { ...state, growable: true };
        return planFor(without(change.added, theirs));
      }
    }
    const text = decode(readFrom(file, 0, state.size), this.location);
    const { interactions, growable } = parseFile(text, this.location);
    const texts = blocksOf(text);
    const now = interactions.map((stored, index) => {
      const interaction = stored.interaction();
      return { interaction, text: texts?.[index] ?? printInteraction(interaction) };
    });
    const { kept, added } = applied(change, now);
    this.#known = { ...state, growable };
    const isWhole = kept.length === now.length;
    return isWhole && (growable || added.length === 0)
      ? planFor(added)
      : { kind: 'replace', blocks: [...kept, ...added] };
  }

  *#append(file: number, held: FileLock, blocks: readonly Block[]): Steps {
    const before = this.#known as Known;
    const text = blocks.map((block) => `${SEPARATOR}${block.text}`).join('');
    this.#known = undefined;
    held.note(before);
    if (this.#fsync) {
      yield* held.sync();
    }
    held.check();
    try {
      replaceFooter(file, before.size, `${text}${FOOTER}`);
      if (this.#fsync) {
        yield* syncFile(file);
      }
    } catch (error) {
      undo(file, held, before.size);
      throw error;
    }
    held.check();
    this.#known = { ...stateOf(file), growable: true };
  }

  /** What the file holds; undefined where there is none, and that may be. */
  async #read(): Promise<Content | undefined> {
    try {
      return await readGrowing(this.location);
    } catch (cause) {
      if (isMissing(cause) && this.#createIfMissing) {
        return undefined;
      }
      throw loadError(this.location, cause);
    }
  }
}

function planFor(added: readonly Block[]): Plan {
  return { kind: added.length === 0 ? 'nothing' : 'append', blocks: added };
}

/** After a failure in an append. Where the file cannot be put right, whoever takes the lock next has to. */
function undo(file: number, held: FileLock, size: number): void {
  if (held.held) {
    try {
      restore(file, size);
    } catch {
      held.leave();
    }
  }
}
