import type { Cassette } from '../core/cassette.js';
import { type CassetteStore, locationOf } from '../core/cassette-store.js';
import { setTimeout } from '../core/clock.js';
import { InvalidOptionError } from '../core/errors.js';

/** Options of a RetryingCassetteStore. */
export interface RetryingCassetteStoreOptions {
  /** How often a save is tried in all; 3 where left out. */
  readonly attempts?: number;
  /** The pause before the second attempt, in ms; it doubles with each further one. 100 where left out. */
  readonly backoffMs?: number;
}

/**
 * Tries a save again that another store failed at: for a store that fails now and then, such as one behind a network.
 * Loads are passed on as they are.
 *
 * Loss window: none of its own. What fails at every attempt is not stored, and its save rejects. At the exit of the
 * process nothing can wait, and the attempts follow on each other without pauses. All attempts together have to fit
 * into the Broker's `storeWait`.
 *
 * @throws InvalidOptionError from the constructor for `attempts` below 1 and a `backoffMs` below 0.
 */
export class RetryingCassetteStore implements CassetteStore {
  readonly location: string;
  /** There where the other store has it. */
  readonly saveSync?: (cassette: Cassette, since?: Cassette) => void;
  readonly flush?: () => Promise<void>;
  readonly #store: CassetteStore;
  readonly #attempts: number;
  readonly #backoffMs: number;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(store: CassetteStore, { attempts = 3, backoffMs = 100 }: RetryingCassetteStoreOptions = {}) {
    if (!(Number.isInteger(attempts) && attempts >= 1)) {
      throw new InvalidOptionError('attempts', `${String(attempts)} is not a whole number from 1.`);
    }
    if (!(backoffMs >= 0)) {
      throw new InvalidOptionError(
        'backoffMs',
        `${String(backoffMs)} is not a number of milliseconds from 0.`,
      );
    }
    this.location = locationOf(store);
    this.#store = store;
    this.#attempts = attempts;
    this.#backoffMs = backoffMs;
    if (store.saveSync !== undefined) {
      this.saveSync = (cassette, since) => this.#tryNow(() => store.saveSync?.(cassette, since));
    }
    if (store.flush !== undefined) {
      this.flush = () => this.#try(async () => store.flush?.());
    }
  }

  /** @throws CassetteLoadError as the other store does. */
  load(): Promise<Cassette> {
    return this.#store.load();
  }

  /** @throws CassetteSaveError as the other store does at the last attempt. */
  save(cassette: Cassette, since?: Cassette): Promise<void> {
    return this.#try(() => this.#store.save(cassette, since));
  }

  // One after the other, so that a late attempt does not put something older over what is newer.
  #try(work: () => Promise<void>): Promise<void> {
    const outcome = this.#turn.then(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await work();
        } catch (error) {
          if (attempt === this.#attempts) {
            throw error;
          }
        }
        const pause = this.#backoffMs * 2 ** (attempt - 1);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    });
    this.#turn = outcome.catch(() => {});
    return outcome;
  }

  #tryNow(work: () => void): void {
    for (let attempt = 1; ; attempt++) {
      try {
        work();
        return;
      } catch (error) {
        if (attempt === this.#attempts) {
          throw error;
        }
      }
    }
  }
}
