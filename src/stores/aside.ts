import type { Cassette } from '../core/cassette.js';
import { type CassetteStore, locationOf } from '../core/cassette-store.js';

/**
 * Calls another store in a context in which its own requests are left alone: a store behind HTTP would otherwise be
 * recorded into itself.
 */
export class AsideCassetteStore implements CassetteStore {
  readonly location: string;
  /** There where the other store has it. */
  readonly saveSync?: (cassette: Cassette, since?: Cassette) => void;
  readonly flush?: () => Promise<void>;
  readonly #store: CassetteStore;
  readonly #aside: <T>(work: () => T) => T;

  /** @param aside Runs a function in that context. */
  constructor(store: CassetteStore, aside: <T>(work: () => T) => T) {
    this.location = locationOf(store);
    this.#store = store;
    this.#aside = aside;
    if (store.saveSync !== undefined) {
      this.saveSync = (cassette, since) => aside(() => store.saveSync?.(cassette, since));
    }
    if (store.flush !== undefined) {
      this.flush = () => aside(async () => store.flush?.());
    }
  }

  /** @throws CassetteLoadError as the other store does. */
  load(): Promise<Cassette> {
    return this.#aside(() => this.#store.load());
  }

  /** @throws CassetteSaveError as the other store does. */
  save(cassette: Cassette, since?: Cassette): Promise<void> {
    return this.#aside(() => this.#store.save(cassette, since));
  }
}
