import { rmSync } from 'node:fs';
import { stateAt } from '../file-state.js';
import { type Driver, openDriver, type Statement } from './driver.js';
import { isBusy } from './errors.js';

/** How a connection is opened, and what is to hold then. */
type Kind = 'read' | 'write';

/** Who reads waits so long for who writes, and nobody else: without its log a database is locked while it is written. */
const READ_PATIENCE_MS = 10_000;

/** What stands beside a database in WAL mode. */
const BESIDE = ['-wal', '-shm'];

/** Where a file is replaced each time that it is written, so many times are enough. */
const MOST_FILES = 5;

/** A database is untrusted input: what its schema says is not to call functions. */
const SETTINGS = 'PRAGMA trusted_schema = OFF;';

/**
 * The way to one database. It is opened when it is first used. While somebody writes, the database is in WAL mode, where
 * readers and writers do not wait for each other, and two files stand beside it. `rest` makes one file of it again, which
 * can be read without writing anything.
 */
export class Connection {
  readonly #path: string;
  readonly #synchronous: string;
  #driver: Driver | undefined;
  #file: string | undefined;
  /** Tells the files beside it from those of another database, by their paths. */
  #beside: ReadonlyMap<string, string | undefined> = new Map();
  #kind: Kind = 'read';
  readonly #statements = new Map<string, Statement>();
  #inTransaction = false;
  /** Is nobody said to use it, so that it is not to stay open? */
  #isLeft = false;

  /** @param fsync Is what is committed to be on the disk? */
  constructor(path: string, fsync: boolean) {
    this.#path = path;
    this.#synchronous = fsync ? 'FULL' : 'NORMAL';
  }

  /** A statement, for use in `read` and `write`. */
  prepare(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.driver.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** The open database, in `read` and `write`. */
  get driver(): Driver {
    if (this.#driver === undefined) {
      throw new Error('the database is not open');
    }
    return this.#driver;
  }

  /** Tells the file that is open, or was last, from others that are put in its place; undefined before the first. */
  get file(): string | undefined {
    return this.#file;
  }

  /** From here on it stays open, until it is left. */
  enter(): void {
    this.#isLeft = false;
  }

  /** From here on it is open only while something is read. */
  leave(): void {
    this.#isLeft = true;
    this.#close();
  }

  /** Does work on one state of the database, which nobody changes meanwhile. */
  read<T>(work: () => T): T {
    if (this.#inTransaction) {
      return work();
    }
    try {
      this.#open('read', READ_PATIENCE_MS);
      return this.#transaction('DEFERRED', work);
    } finally {
      if (this.#isLeft) {
        this.#close();
      }
    }
  }

  /**
   * Does work that changes the database: all of it, or, where it throws, nothing. Where the file was deleted or replaced,
   * it does it in the one that is there then, though it may have done it already.
   *
   * @param patienceMs How long to wait, in the way of all else, while another one writes; then it throws what `isBusy`.
   * @param check Called before that, and before the mode of the database is changed.
   */
  write<T>(patienceMs: number, check: () => void, work: () => T): T {
    for (let files = 1; ; files++) {
      if (this.#isGone()) {
        this.#close();
      }
      this.#open('write', patienceMs);
      // In one look: meanwhile another process may make its tables.
      this.#transaction('DEFERRED', check);
      this.prepare('PRAGMA journal_mode = WAL').get();
      const result = this.#transaction('IMMEDIATE', work);
      if (this.#beside.size === 0) {
        const paths = BESIDE.map((end) => `${this.#path}${end}`);
        this.#beside = new Map(paths.map((path) => [path, stateAt(path)?.identity]));
      }
      if (!this.#isGone()) {
        return result;
      }
      if (files === MOST_FILES) {
        throw new Error('each time that it was written it was deleted or replaced meanwhile');
      }
    }
  }

  /** Has SQLite do what it does at the first write after a crash, and nothing else. */
  putInOrder(patienceMs: number): void {
    this.#open('write', patienceMs);
    this.#transaction('IMMEDIATE', () => {});
    this.rest();
    this.#close();
  }

  /**
   * Makes one file of the database again, where it was written from here. Where that fails, as on a full disk, nothing is
   * lost: whoever comes next tries it again.
   *
   * @returns False where somebody else has it open: it is up to him then.
   */
  rest(): boolean {
    if (this.#driver === undefined || this.#kind === 'read' || this.#isGone()) {
      return true;
    }
    try {
      this.#driver.exec('PRAGMA busy_timeout = 0');
      return this.prepare('PRAGMA journal_mode = DELETE').get()?.['journal_mode'] === 'delete';
    } catch (error) {
      return !isBusy(error);
    }
  }

  #open(kind: Kind, patienceMs: number): Driver {
    if (this.#driver !== undefined && kind === 'write' && this.#kind === 'read') {
      this.#close();
    }
    const isNew = this.#driver === undefined;
    this.#driver ??= openDriver(this.#path, kind === 'read');
    if (isNew) {
      this.#file = stateAt(this.#path)?.identity;
      this.#kind = kind;
      this.#driver.exec(SETTINGS);
      if (kind === 'write') {
        // What is removed may be a secret: it is not to stand on in what is free.
        this.#driver.exec(`PRAGMA synchronous = ${this.#synchronous}; PRAGMA secure_delete = ON;`);
      }
    }
    this.#driver.exec(`PRAGMA busy_timeout = ${patienceMs}`);
    return this.#driver;
  }

  /** Is it another file, or none, that the path leads to now? */
  #isGone(): boolean {
    return this.#driver !== undefined && stateAt(this.#path)?.identity !== this.#file;
  }

  /** SQLite takes a log for that of the database it stands beside, and would write it into the one that is there now. */
  #removeBeside(): void {
    for (const [path, identity] of this.#beside) {
      if (identity !== undefined && stateAt(path)?.identity === identity) {
        rmSync(path, { force: true });
      }
    }
  }

  #transaction<T>(kind: 'DEFERRED' | 'IMMEDIATE', work: () => T): T {
    this.driver.exec(`BEGIN ${kind}`);
    this.#inTransaction = true;
    try {
      const result = work();
      this.driver.exec('COMMIT');
      return result;
    } catch (error) {
      this.#rollBack();
      throw error;
    } finally {
      this.#inTransaction = false;
    }
  }

  #rollBack(): void {
    try {
      this.driver.exec('ROLLBACK');
    } catch {
      // A full disk, for one, has rolled it back already.
    }
  }

  #close(): void {
    this.#statements.clear();
    if (this.#isGone()) {
      this.#removeBeside();
    }
    this.#beside = new Map();
    const driver = this.#driver;
    this.#driver = undefined;
    driver?.close();
  }
}
