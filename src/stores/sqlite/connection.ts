import { type Driver, openDriver, type Statement } from './driver.js';
import { isBusy } from './errors.js';

/** How a connection is opened, and what is to hold then. */
type Kind = 'read' | 'write';

/** Who reads waits so long for who writes, and nobody else: without its log a database is locked while it is written. */
const READ_PATIENCE_MS = 10_000;

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
   * Does work that changes the database: all of it, or, where it throws, nothing.
   *
   * @param patienceMs How long to wait, in the way of all else, while another one writes; then it throws what `isBusy`.
   * @param check Called before that, and before the mode of the database is changed.
   */
  write<T>(patienceMs: number, check: () => void, work: () => T): T {
    this.#open('write', patienceMs);
    // In one look: meanwhile another process may make its tables.
    this.#transaction('DEFERRED', check);
    this.prepare('PRAGMA journal_mode = WAL').get();
    return this.#transaction('IMMEDIATE', work);
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
    if (this.#driver === undefined || this.#kind === 'read') {
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
    const driver = this.#driver;
    this.#driver = undefined;
    driver?.close();
  }
}
