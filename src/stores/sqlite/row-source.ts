import type { Address } from '../../core/address.js';
import { BEHIND_SOURCE, type CassetteSource } from '../../core/cassette-source.js';
import { CassetteLoadError } from '../../core/errors.js';
import type { OfLane } from '../../core/lanes.js';
import type { Placed } from '../../core/stored-interaction.js';
import { addressFor } from '../../formats/one-interaction.js';
import type { Row, Value } from './driver.js';
import { sqliteLoadError } from './errors.js';
import { StoredRow } from './stored-row.js';
import type { Table } from './table.js';

/**
 * A cassette as it stood in its database when it was loaded. The place of an interaction is the id of its row. What others
 * add later is not part of it. Where others remove something, which a refresh does, it is from then on what the cassette
 * is: what was read before stays. What this side removes it keeps. Where the file was replaced, it is all that is in the
 * other one.
 */
export class RowSource implements CassetteSource {
  readonly #table: Table;
  /** The ids of what was saved from here: other versions of the cassette have it in memory. */
  readonly #own: ReadonlySet<number>;
  readonly #rows = new Map<number, StoredRow>();
  /** What this side has removed. */
  readonly #kept = new Map<number, StoredRow>();
  #file: string | undefined;
  #version: string;
  #loaded: number;
  /** The last row that is looked at. */
  #last: number;
  #lanes: readonly OfLane[] | undefined;

  /** @param last The last row that is part of it. */
  constructor(table: Table, own: ReadonlySet<number>, version: string, last: number) {
    this.#table = table;
    this.#own = own;
    this.#file = table.connection.file;
    this.#version = version;
    this.#loaded = last;
    this.#last = last;
  }

  /** Of which database and cassette. */
  get home(): string {
    return this.#table.home;
  }

  /** Are the ids that it has given those of the file that is open? */
  get isOfThisFile(): boolean {
    return this.#file === this.#table.connection.file;
  }

  /** The last row that was part of it when it was loaded. */
  get loaded(): number {
    return this.#loaded;
  }

  get size(): number {
    const rows = this.#read(() => this.#table.count(this.#last));
    return this.#last === BEHIND_SOURCE ? this.all().length : rows + this.#kept.size;
  }

  all(): readonly Placed[] {
    return this.#placed(
      () => this.#table.rows('', this.#last),
      () => true,
    );
  }

  byFingerprint(fingerprint: string): readonly Placed[] {
    return this.#placed(
      () => this.#table.rows('AND fingerprint = ?', this.#last, fingerprint),
      (row) => row.fingerprint === fingerprint,
    );
  }

  alike({ path, query }: Address): readonly Placed[] {
    const find = (condition: string, ...values: Value[]) =>
      this.#table.rows(`AND path = ? ${condition}`, this.#last, path, ...values);
    return this.#placed(
      () =>
        query === undefined ? find('') : [...find('AND query = ?', query), ...find('AND query IS NULL')],
      (row) => addressFor(row.head)?.path === path,
    );
  }

  withoutAddress(): readonly Placed[] {
    return this.#placed(
      () => this.#table.rows('AND path IS NULL', this.#last),
      (row) => addressFor(row.head) === undefined,
    );
  }

  lanes(): readonly OfLane[] {
    this.#lanes ??= this.#read(() => this.#table.lanes(this.#last));
    return this.#lanes;
  }

  /** Called before this side removes rows, in the same transaction. */
  keep(ids: readonly number[]): void {
    this.lanes();
    for (const id of ids.filter((one) => one <= this.#last)) {
      const [found] = this.#placed(
        () => this.#table.rows('AND id = ?', this.#last, id),
        () => false,
      );
      if (found?.entry instanceof StoredRow) {
        this.#kept.set(id, found.entry);
      }
    }
  }

  /** Called when this side has removed rows. @param before The version that it found. */
  follow(before: string, now: string): void {
    if (this.#version === before) {
      this.#version = now;
    }
  }

  /** @param isOne Of what was kept: is it one of those that are looked for? */
  #placed(find: () => readonly Row[], isOne: (row: StoredRow) => boolean): readonly Placed[] {
    const found = this.#read(find).map((row) => this.#row(row));
    const kept = [...this.#kept.values()].filter(isOne);
    return [...new Set([...found, ...kept])]
      .filter(({ id }) => id <= this.#loaded || !this.#own.has(id))
      .sort((a, b) => a.id - b.id)
      .map((entry) => ({ entry, place: entry.id }));
  }

  #row(found: Row): StoredRow {
    const id = Number(found['id']);
    let row = this.#rows.get(id);
    if (row === undefined) {
      row = new StoredRow(this.#table.home, found);
      this.#rows.set(id, row);
    }
    return row;
  }

  #read<T>(work: () => T): T {
    try {
      return this.#table.connection.read(() => {
        if (!this.isOfThisFile) {
          this.#begin();
        }
        const version = this.#table.version();
        if (version === undefined) {
          throw new CassetteLoadError(this.#table.home, {
            problem: 'the cassette was deleted while it was open',
            hint: 'Record it again.',
          });
        }
        if (version !== this.#version) {
          // Some of it is gone. What came in its place stands behind the last row.
          this.#version = version;
          this.#last = BEHIND_SOURCE;
          this.#lanes = undefined;
        }
        return work();
      });
    } catch (cause) {
      throw sqliteLoadError(this.#table.home, cause);
    }
  }

  /** With another file: its rows have nothing to do with those that were read. */
  #begin(): void {
    this.#file = this.#table.connection.file;
    this.#rows.clear();
    this.#kept.clear();
    this.#loaded = 0;
    this.#last = BEHIND_SOURCE;
    this.#lanes = undefined;
  }
}
