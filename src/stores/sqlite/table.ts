import { constants } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { CassetteSaveError } from '../../core/errors.js';
import type { Interaction } from '../../core/interaction.js';
import type { OfLane } from '../../core/lanes.js';
import { addressFor } from '../../formats/one-interaction.js';
import type { Connection } from './connection.js';
import type { Row, Value } from './driver.js';

/** In bytes: that of UTF-8 counts where a driver makes a text of a column. */
export const LONGEST_TEXT = constants.MAX_STRING_LENGTH;
const MOST_BYTES_A_CHARACTER = 3;

const OWN_CASSETTE = '(SELECT id FROM cassettes WHERE name = ?)';

/** The rows of one cassette of a database. Its methods are for transactions. */
export class Table {
  readonly connection: Connection;
  /** How messages name the database, and its cassette. */
  readonly home: string;
  /** The cassette's. */
  readonly name: string;

  constructor(connection: Connection, home: string, name: string) {
    this.connection = connection;
    this.home = home;
    this.name = name;
  }

  /** Undefined where the database has no such cassette. It is another one after something was removed. */
  version(): string | undefined {
    return this.#text(this.#get('SELECT version AS text FROM cassettes WHERE name = ?', this.name));
  }

  /** Makes the cassette. @returns Its version. */
  make(): string {
    const version = newVersion();
    this.#run('INSERT INTO cassettes (name, version) VALUES (?, ?)', this.name, version);
    return version;
  }

  /** Something was removed. @returns The version that the cassette has now. */
  renew(): string {
    const version = newVersion();
    this.#run('UPDATE cassettes SET version = ? WHERE name = ?', version, this.name);
    return version;
  }

  /** The last row; undefined where the cassette is empty. Of all cassettes: it costs nothing, and serves as well. */
  last(): number | undefined {
    const first = `SELECT 1 FROM interactions WHERE cassette = ${OWN_CASSETTE} LIMIT 1`;
    return this.#get(first, this.name) === undefined
      ? undefined
      : Number(this.#get('SELECT MAX(id) AS last FROM interactions')?.['last']);
  }

  /**
   * Id, fingerprint, path, query and text of rows, in their order. The text is null where it is longer than `LONGEST_TEXT`.
   *
   * @param condition What is to hold of them besides, such as `AND path = ?`.
   * @param last The last one that counts.
   */
  rows(condition: string, last: number, ...values: Value[]): readonly Row[] {
    // A longer text ends the process on Node 22; later ones give nothing at all in the place of the rows.
    const text = `CASE WHEN octet_length(text) > ${LONGEST_TEXT} THEN NULL ELSE text END AS text`;
    const sql =
      `SELECT id, fingerprint, path, query, ${text} FROM interactions ` +
      `WHERE cassette = ${OWN_CASSETTE} AND id <= ? ${condition}`;
    // Sorted here: SQLite would sort the texts, too, in a file where they are many.
    const rows = this.connection.prepare(sql).all(this.name, last, ...values);
    return rows.toSorted((a, b) => Number(a['id']) - Number(b['id']));
  }

  /** @param last The last one that counts. */
  count(last: number): number {
    const sql = `SELECT COUNT(*) AS n FROM interactions WHERE cassette = ${OWN_CASSETTE} AND id <= ?`;
    return Number(this.#get(sql, this.name, last)?.['n']);
  }

  /** In the order of their first rows. @param last The last row that counts. */
  lanes(last: number): readonly OfLane[] {
    const first = 'SELECT id FROM interactions WHERE lane = lanes.id ORDER BY id LIMIT 1';
    const sql = `SELECT name, (${first}) AS first FROM lanes WHERE cassette = ${OWN_CASSETTE}`;
    const rows = this.connection.prepare(sql).all(this.name);
    return rows
      .map(({ name, first }) => ({ name: String(name), first: first === null ? last + 1 : Number(first) }))
      .filter((lane) => lane.first <= last)
      .sort((a, b) => a.first - b.first)
      .map(({ name }) => laneNamed(name));
  }

  /**
   * @returns The id of the new row.
   * @throws CassetteSaveError for a text that nobody could read again.
   */
  insert(interaction: Interaction, text: string): number {
    if (text.length > LONGEST_TEXT / MOST_BYTES_A_CHARACTER && Buffer.byteLength(text) > LONGEST_TEXT) {
      throw new CassetteSaveError(this.home, tooLong(interaction));
    }
    const address = addressFor(interaction.request);
    const { lastInsertRowid } = this.#run(
      'INSERT INTO interactions (cassette, lane, fingerprint, path, query, text) ' +
        `VALUES (${OWN_CASSETTE}, ?, ?, ?, ?, ?)`,
      this.name,
      this.#lane(interaction),
      interaction.fingerprint,
      address?.path ?? null,
      address?.query ?? null,
      text,
    );
    return Number(lastInsertRowid);
  }

  remove(id: number): void {
    this.#run(`DELETE FROM interactions WHERE id = ? AND cassette = ${OWN_CASSETTE}`, id, this.name);
  }

  #lane({ recording }: Interaction): Value {
    const name = JSON.stringify([recording.session, recording.lane]);
    const add = `INSERT INTO lanes (cassette, name) VALUES (${OWN_CASSETTE}, ?) ON CONFLICT DO NOTHING`;
    this.#run(add, this.name, name);
    const find = `SELECT id FROM lanes WHERE cassette = ${OWN_CASSETTE} AND name = ?`;
    return this.#get(find, this.name, name)?.['id'] ?? null;
  }

  #get(sql: string, ...values: Value[]): Row | undefined {
    return this.connection.prepare(sql).get(...values);
  }

  #run(sql: string, ...values: Value[]): { readonly lastInsertRowid: number | bigint } {
    return this.connection.prepare(sql).run(...values);
  }

  #text(row: Row | undefined): string | undefined {
    return row === undefined ? undefined : String(row['text']);
  }
}

function tooLong({ request }: Interaction) {
  return {
    problem: `what ${request.action} ${request.target} was answered with takes more than ${LONGEST_TEXT} bytes in a row`,
    hint: 'Give a smaller "maxBodySize", or leave the request alone with "passthrough".',
  };
}

function newVersion(): string {
  return randomBytes(8).toString('hex');
}

/** A name that somebody has made up is that of a lane that nobody follows. */
function laneNamed(name: string): OfLane {
  let parts: unknown;
  try {
    parts = JSON.parse(name);
  } catch {}
  const [session, lane] = Array.isArray(parts) ? parts : [];
  return {
    metadata: [
      ['session', String(session)],
      ['lane', String(lane)],
    ],
  };
}
