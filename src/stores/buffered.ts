import type { Cassette } from '../core/cassette.js';
import { type CassetteStore, locationOf } from '../core/cassette-store.js';
import { clearTimeout, setTimeout } from '../core/clock.js';
import { InvalidOptionError } from '../core/errors.js';
import { Backlog } from './backlog.js';

/** Options of a BufferedCassetteStore. */
export interface BufferedCassetteStoreOptions {
  /** How long a save may wait before it is passed on, in ms; 200 where left out. */
  readonly everyMs?: number;
  /** How many saves may wait; the next one is not acknowledged before all are stored. 100 where left out. */
  readonly max?: number;
}

/**
 * Acknowledges a save at once, and passes several on to another store together: for a store where each save is slow.
 *
 * Loss window: a process that is killed, and a test runner's worker that fires no `exit`, loses what was saved in the
 * last `everyMs`, at most `max` saves, though its program saw those responses to their end. `flush`, which a Broker
 * calls when it is closed, and the exit of the process lose nothing; over a store without `saveSync` that is a process that
 * comes to its end, and not one that calls `process.exit`. Where passing on fails, nothing is dropped: it is
 * tried again, and until that succeeds each save waits for it and rejects where it fails.
 *
 * @throws InvalidOptionError from the constructor for an `everyMs` or a `max` that is no number above 0.
 */
export class BufferedCassetteStore implements CassetteStore {
  readonly location: string;
  /** Passes everything on at once. There where the other store has it. */
  readonly saveSync?: (cassette: Cassette, since?: Cassette) => void;
  readonly #store: CassetteStore;
  readonly #everyMs: number;
  readonly #max: number;
  readonly #backlog = new Backlog();
  #waiting = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #hasFailed = false;

  constructor(store: CassetteStore, { everyMs = 200, max = 100 }: BufferedCassetteStoreOptions = {}) {
    for (const [option, value] of Object.entries({ everyMs, max })) {
      if (!(value > 0)) {
        throw new InvalidOptionError(option, `${String(value)} is not a number above 0.`);
      }
    }
    this.location = locationOf(store);
    this.#store = store;
    this.#everyMs = everyMs;
    this.#max = max;
    if (store.saveSync !== undefined) {
      this.saveSync = (cassette, since) => {
        this.#backlog.add(cassette, since);
        this.#backlog.flushSync((...save) => store.saveSync?.(...save));
      };
    }
  }

  /** @throws CassetteLoadError as the other store does, CassetteSaveError where what waits cannot be stored first. */
  async load(): Promise<Cassette> {
    await this.#passOn();
    return this.#store.load();
  }

  /** @throws CassetteSaveError as the other store does, for this save or for earlier ones. */
  async save(cassette: Cassette, since?: Cassette): Promise<void> {
    this.#backlog.add(cassette, since);
    this.#waiting++;
    if (this.#hasFailed || this.#waiting > this.#max) {
      await this.#passOn();
    } else if (this.#timer === undefined) {
      this.#timer = setTimeout(() => void this.#passOn().catch(() => {}), this.#everyMs);
      if (this.saveSync !== undefined) {
        // The exit does not wait for it, as that saves by itself.
        this.#timer.unref();
      }
    }
  }

  /** @throws CassetteSaveError as the other store does. */
  async flush(): Promise<void> {
    await this.#passOn();
    await this.#store.flush?.();
  }

  async #passOn(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = 0;
    try {
      await this.#backlog.flush((...save) => this.#store.save(...save));
      this.#hasFailed = false;
    } catch (error) {
      this.#hasFailed = true;
      throw error;
    }
  }
}
