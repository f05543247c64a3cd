import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Cassette } from '../core/cassette.js';
import type { CassetteStore } from '../core/cassette-store.js';
import { monotonicNow, setTimeout } from '../core/clock.js';
import { CassetteLoadError, CassetteSaveError, InvalidOptionError } from '../core/errors.js';
import { absolutePath } from './file-path.js';
import { inTurn } from './in-turn.js';
import { missingError } from './missing.js';
import { SavedVersions } from './saved-versions.js';
import { type Changed, changeRows } from './sqlite/changed-rows.js';
import { Connection } from './sqlite/connection.js';
import { checkDriver } from './sqlite/driver.js';
import { isBusy, isOutOfOrder, sqliteLoadError, sqliteSaveError } from './sqlite/errors.js';
import { RowSource } from './sqlite/row-source.js';
import { createTables, kindOf } from './sqlite/schema.js';
import { Table } from './sqlite/table.js';

/** Options of a SqliteCassetteStore. */
export interface SqliteCassetteStoreOptions {
  /** Which of the database's cassettes; `default` where left out. */
  readonly cassette?: string;
  /** Load an empty cassette where there is none yet, instead of failing; false where left out. */
  readonly createIfMissing?: boolean;
  /**
   * Is a save to survive the loss of power too, and not only the death of the process? It then waits for the disk. False
   * where left out: the loss of power takes the last saves, and leaves what was saved before them.
   */
  readonly fsync?: boolean;
}

/** So long a save waits while other processes write. */
const PATIENCE_MS = 10_000;
/** About so long from one attempt to the next. */
const PAUSE_MS = 4;
/** Who closes at the same time as others tries so often to be the last. */
const LAST_TRIES = 4;

/**
 * Cassettes in an SQLite database: of a large one only that is read which is asked for. Many processes may record into one
 * database at a time. A save adds its interactions in one transaction, and a crash loses nothing that was saved before. It
 * runs on Node's own SQLite, from Node 22.13 on, else on the package better-sqlite3; either is loaded at the first use.
 *
 * @throws InvalidOptionError from the constructor for a URL that is no `file:` URL, an empty path or name.
 */
export class SqliteCassetteStore implements CassetteStore {
  /** The absolute path; behind it, after a `#`, the name of the cassette, where it has one. */
  readonly location: string;
  readonly #path: string;
  readonly #createIfMissing: boolean;
  readonly #connection: Connection;
  readonly #table: Table;
  readonly #versions = new SavedVersions();
  /** The ids of the rows that were saved here, and of which file they are. */
  readonly #own = new Set<number>();
  #file: string | undefined;
  #syncSaves = 0;

  /** @param path A path, relative to the working directory of this moment, or a `file:` URL. */
  constructor(path: string | URL, options: SqliteCassetteStoreOptions = {}) {
    const { cassette = 'default', createIfMissing = false, fsync = false } = options;
    if (typeof cassette !== 'string' || cassette === '') {
      throw new InvalidOptionError('cassette', `${JSON.stringify(cassette)} is not the name of a cassette.`);
    }
    this.#path = absolutePath(path);
    this.location = cassette === 'default' ? this.#path : `${this.#path}#${cassette}`;
    this.#createIfMissing = createIfMissing;
    this.#connection = new Connection(this.#path, fsync);
    this.#table = new Table(this.#connection, this.location, cassette);
  }

  /**
   * Reads nothing but that the cassette is there. Until `flush` the database stays open; later it is opened for each look.
   *
   * @throws CassetteLoadError where the file or the cassette is missing (unless made with `createIfMissing`), and for a
   * file that is unreadable, a folder, no database, damaged, of something else, or of a newer version. So does the
   * cassette, when it is asked for an interaction that is not well formed, or cannot be read any more.
   * @throws InvalidOptionError where this Node has no SQLite, and better-sqlite3 is not installed.
   */
  async load(): Promise<Cassette> {
    try {
      // Also where there is nothing to open yet: otherwise what is missing would be told only when something is lost.
      checkDriver();
      const cassette = this.#exists() ? this.#load() : new Cassette();
      this.#versions.loaded(cassette);
      return cassette;
    } catch (cause) {
      this.#connection.leave();
      throw sqliteLoadError(this.location, cause);
    }
  }

  /**
   * @throws CassetteSaveError where the database cannot be written, is no database of cassettes, or is locked for longer
   * than ten seconds.
   */
  async save(cassette: Cassette, since?: Cassette): Promise<void> {
    const syncSaves = this.#syncSaves;
    try {
      await inTurn(this.location, () =>
        whenFree(() => {
          const before = this.#versions.basis(cassette, since);
          // A `saveSync` that was asked for later has this one's interactions, and is not to be undone.
          const isOvertaken = syncSaves !== this.#syncSaves;
          if (!isOvertaken || (since !== undefined && before.since(cassette) === undefined)) {
            this.#write(cassette, before, since, 0);
          }
        }),
      );
    } catch (cause) {
      throw sqliteSaveError(this.location, cause);
    }
  }

  /** @throws CassetteSaveError as `save` does. */
  saveSync(cassette: Cassette, since?: Cassette): void {
    this.#syncSaves++;
    try {
      if (cassette !== since) {
        this.#write(cassette, this.#versions.basis(cassette, since), since, PATIENCE_MS);
      }
      this.#connection.rest();
      this.#connection.leave();
    } catch (cause) {
      throw sqliteSaveError(this.location, cause);
    }
  }

  /**
   * Makes one file of the database again, unless others have it open, and closes it.
   *
   * @throws CassetteSaveError where that fails.
   */
  async flush(): Promise<void> {
    try {
      await inTurn(this.location, async () => {
        for (let tries = 1; !this.#connection.rest() && tries < LAST_TRIES; tries++) {
          await pause();
        }
        this.#connection.leave();
      });
    } catch (cause) {
      throw sqliteSaveError(this.location, cause);
    }
  }

  #exists(): boolean {
    const stats = statSync(this.#path, { throwIfNoEntry: !this.#createIfMissing });
    if (stats?.isDirectory()) {
      throw new CassetteLoadError(this.location, { problem: 'it is a folder', hint: 'Name a file in it.' });
    }
    return stats !== undefined;
  }

  #load(): Cassette {
    this.#connection.enter();
    try {
      return this.#connection.read(() => this.#read());
    } catch (error) {
      if (!isOutOfOrder(error)) {
        throw error;
      }
      // Of a process that was killed in the middle of a write: whoever may write puts it right.
      this.#connection.putInOrder(PATIENCE_MS);
      return this.#connection.read(() => this.#read());
    }
  }

  #read(): Cassette {
    const isEmpty = this.#isEmpty(CassetteLoadError);
    const version = isEmpty ? undefined : this.#table.version();
    if (version === undefined && !this.#createIfMissing) {
      throw missingError(this.location, `the database has no cassette ${JSON.stringify(this.#table.name)}`);
    }
    const last = version === undefined ? undefined : this.#table.last();
    return version === undefined || last === undefined
      ? new Cassette()
      : Cassette.on(new RowSource(this.#table, this.#own, version, last));
  }

  /** @throws UnfitError where it is a database of something else, or a newer one. */
  #isEmpty(UnfitError: typeof CassetteLoadError | typeof CassetteSaveError): boolean {
    const kind = kindOf(this.#connection);
    if (typeof kind === 'object') {
      throw new UnfitError(this.location, kind);
    }
    return kind === 'empty';
  }

  #write(cassette: Cassette, before: Cassette, since: Cassette | undefined, patienceMs: number): void {
    mkdirSync(dirname(this.#path), { recursive: true });
    this.#connection.enter();
    const isEmpty = () => this.#isEmpty(CassetteSaveError);
    const { added, committed }: Changed = this.#connection.write(patienceMs, isEmpty, () => {
      if (this.#file !== this.#connection.file) {
        this.#file = this.#connection.file;
        this.#own.clear();
      }
      if (isEmpty()) {
        createTables(this.#connection.driver);
      }
      const own = { ids: this.#own, knows: (known: Cassette) => this.#versions.knows(known) };
      return changeRows(this.#table, cassette, before, own);
    });
    for (const id of added) {
      this.#own.add(id);
    }
    committed();
    this.#versions.saved(cassette, before, since);
  }
}

/** Tries again while others write, without standing still meanwhile. */
async function whenFree(work: () => void): Promise<void> {
  const begun = monotonicNow();
  for (;;) {
    try {
      work();
      return;
    } catch (error) {
      if (!isBusy(error) || monotonicNow() - begun > PATIENCE_MS) {
        throw error;
      }
    }
    await pause();
  }
}

/** Not the same for all: who waits for the same moment meets there again. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE_MS * (0.5 + Math.random())));
}
