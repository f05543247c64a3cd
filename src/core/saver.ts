import type { Cassette } from './cassette.js';
import { type CassetteStore, locationOf } from './cassette-store.js';
import { setImmediate } from './clock.js';
import { withDeadline } from './deadline.js';
import { CassetteSaveError } from './errors.js';

/** Saves the versions of one growing cassette into a store, if there is one. */
export class Saver {
  readonly #store: CassetteStore | undefined;
  readonly #wait: number;
  /** What is to be saved next. */
  #wanted: Cassette;
  #saved: Cassette;
  #failed: Cassette | undefined;
  #writing: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;
  #inStore: Promise<void> = Promise.resolve();

  /**
   * @param saved What the store holds.
   * @param wait How long a save may take, in ms.
   */
  constructor(store: CassetteStore | undefined, saved: Cassette, wait: number) {
    this.#store = store;
    this.#wanted = saved;
    this.#saved = saved;
    this.#wait = wait;
  }

  /** What the last save was to hold, where it failed; whoever waited for it was told. */
  get failed(): Cassette | undefined {
    return this.#failed;
  }

  /**
   * Group commit: resolves when a save is done that holds this version, and began after this call. One save serves all
   * who ask while another is on its way.
   *
   * @param hasCompany Others may ask in the same turn of the event loop: the save waits for them.
   * @throws CassetteSaveError where the save fails.
   */
  save(cassette: Cassette, hasCompany = false): Promise<void> {
    this.#wanted = cassette;
    const store = this.#store;
    if (store === undefined || (cassette === this.#saved && this.#queued === undefined)) {
      return Promise.resolve();
    }
    this.#queued ??= this.#start(store, hasCompany);
    return this.#queued;
  }

  /**
   * Resolves when all that was saved is stored, for a store that acknowledges earlier.
   *
   * @throws CassetteSaveError where that fails.
   */
  async flush(): Promise<void> {
    const store = this.#store;
    if (store?.flush === undefined) {
      return;
    }
    try {
      await withDeadline(async () => store.flush?.(), this.#wait, this.#late(store));
    } catch (cause) {
      throw asSaveError(store, cause);
    }
  }

  /**
   * Saves at once, where the store can.
   *
   * @throws CassetteSaveError where the save fails.
   */
  saveSync(cassette: Cassette): void {
    const store = this.#store;
    if (store?.saveSync === undefined || (cassette === this.#saved && store.flush === undefined)) {
      return;
    }
    try {
      store.saveSync(cassette, this.#saved);
      this.#saved = cassette;
    } catch (cause) {
      throw asSaveError(store, cause);
    }
  }

  async #start(store: CassetteStore, hasCompany: boolean): Promise<void> {
    if (hasCompany) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    await this.#writing.catch(() => {});
    this.#queued = undefined;
    this.#writing = this.#write(store);
    await this.#writing;
  }

  async #write(store: CassetteStore): Promise<void> {
    const attempted = this.#wanted;
    try {
      await withDeadline(() => this.#saveInTurn(store), this.#wait, this.#late(store));
      this.#failed = undefined;
    } catch (cause) {
      this.#failed = attempted;
      throw asSaveError(store, cause);
    }
  }

  #late(store: CassetteStore): () => CassetteSaveError {
    const problem = `the store did not answer within ${this.#wait} ms`;
    return () => new CassetteSaveError(locationOf(store), { problem });
  }

  /** Saves after the save before, even one that was given up: what is older must not come to lie over it. */
  #saveInTurn(store: CassetteStore): Promise<void> {
    const save = this.#inStore.then(async () => {
      const cassette = this.#wanted;
      if (cassette !== this.#saved) {
        await store.save(cassette, this.#saved);
        this.#saved = cassette;
      }
    });
    this.#inStore = save.catch(() => {});
    return save;
  }
}

function asSaveError(store: CassetteStore, cause: unknown): CassetteSaveError {
  return cause instanceof CassetteSaveError ? cause : new CassetteSaveError(locationOf(store), { cause });
}
