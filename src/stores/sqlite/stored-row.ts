import { CassetteLoadError } from '../../core/errors.js';
import type { Interaction } from '../../core/interaction.js';
import type { MetadataPair } from '../../core/metadata.js';
import type { RequestHead } from '../../core/recording.js';
import type { StoredInteraction } from '../../core/stored-interaction.js';
import { addressFor, parseFileOfOne } from '../../formats/one-interaction.js';
import type { Row, Value } from './driver.js';
import { LONGEST_TEXT } from './table.js';

const DELETE = 'Delete the row, and record again.';

/** An interaction as its row has it. Nothing of it is believed before it is read. */
export class StoredRow implements StoredInteraction {
  readonly id: number;
  readonly fingerprint: string;
  /** Of which database and cassette. */
  readonly home: string;
  readonly #path: Value;
  readonly #query: Value;
  #text: Value;
  #stored: StoredInteraction | undefined;
  #interaction: Interaction | undefined;

  /** @param row As `Table.rows` gives it. */
  constructor(home: string, { id, fingerprint, path = null, query = null, text = null }: Row) {
    this.home = home;
    this.id = Number(id);
    this.fingerprint = String(fingerprint);
    this.#path = path;
    this.#query = query;
    this.#text = text;
  }

  get head(): RequestHead {
    return this.#parsed().head;
  }

  get metadata(): readonly MetadataPair[] {
    return this.#parsed().metadata;
  }

  interaction(): Interaction {
    if (this.#interaction === undefined) {
      const interaction = this.#parsed().interaction();
      const { path = null, query = null } = addressFor(interaction.request) ?? {};
      this.#check('fingerprint', this.fingerprint, interaction.fingerprint);
      this.#check('path', this.#path, path);
      this.#check('query', this.#query, query);
      this.#interaction = interaction;
    }
    return this.#interaction;
  }

  /** Rows are found by these columns: with another value it is found by the wrong requests, or by none. */
  #check(column: string, value: Value, own: Value): void {
    if (value !== own) {
      throw new CassetteLoadError(this.#location, {
        problem: `what its column ${JSON.stringify(column)} says is not so of its text`,
        hint: DELETE,
      });
    }
  }

  get #location(): string {
    return `${this.home}, row ${this.id} of "interactions"`;
  }

  #parsed(): StoredInteraction {
    if (this.#stored === undefined) {
      if (this.#text === null) {
        throw new CassetteLoadError(this.#location, {
          problem: `its text is longer than ${LONGEST_TEXT} bytes, and no text of this Node is`,
          hint: DELETE,
        });
      }
      this.#stored = parseFileOfOne(String(this.#text), this.#location);
      this.#text = '';
    }
    return this.#stored;
  }
}
