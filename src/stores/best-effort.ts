import type { Cassette } from '../core/cassette.js';
import { type CassetteStore, locationOf } from '../core/cassette-store.js';
import { describe } from '../core/errors.js';
import { Backlog } from './backlog.js';

/** Options of a BestEffortCassetteStore. */
export interface BestEffortCassetteStoreOptions {
  /** Told each failure: what the other store threw. `process.emitWarning` with its message where left out. */
  readonly report?: (error: unknown) => void;
}

/**
 * Reports that another store failed at a save, instead of failing: for a program that matters more than its recording.
 * Loads are passed on as they are: a cassette that cannot be read is never taken for an empty one.
 *
 * Loss window: everything since the last save that succeeded, where none succeeds after it. A later save that succeeds
 * stores what earlier ones did not; `flush`, which a Broker calls when it is closed, and the exit try once more.
 */
export class BestEffortCassetteStore implements CassetteStore {
  readonly location: string;
  /** There where the other store has it. */
  readonly saveSync?: (cassette: Cassette, since?: Cassette) => void;
  readonly #store: CassetteStore;
  readonly #report: (error: unknown) => void;
  readonly #backlog = new Backlog();

  constructor(store: CassetteStore, options: BestEffortCassetteStoreOptions = {}) {
    this.location = locationOf(store);
    this.#store = store;
    this.#report = options.report ?? ((error) => process.emitWarning(describe(error)));
    if (store.saveSync !== undefined) {
      this.saveSync = (cassette, since) => {
        this.#backlog.add(cassette, since);
        try {
          this.#backlog.flushSync((...save) => store.saveSync?.(...save));
        } catch (error) {
          this.#report(error);
        }
      };
    }
  }

  /** @throws CassetteLoadError as the other store does. */
  load(): Promise<Cassette> {
    return this.#store.load();
  }

  /** Resolves in any case. */
  async save(cassette: Cassette, since?: Cassette): Promise<void> {
    this.#backlog.add(cassette, since);
    await this.#passOn();
  }

  /** Resolves in any case. */
  async flush(): Promise<void> {
    await this.#passOn();
    try {
      await this.#store.flush?.();
    } catch (error) {
      this.#report(error);
    }
  }

  async #passOn(): Promise<void> {
    try {
      await this.#backlog.flush((...save) => this.#store.save(...save));
    } catch (error) {
      this.#report(error);
    }
  }
}
