import type { Cassette } from '../core/cassette.js';
import type { CassetteStore } from '../core/cassette-store.js';

interface Entry {
  cassette: Cassette;
  readonly since: Cassette | undefined;
  isOnItsWay: boolean;
}

/**
 * What a store was asked to save and does not hold yet. Saves that follow on each other are joined to one, that starts
 * from what the store does hold.
 */
export class Backlog {
  readonly #entries: Entry[] = [];
  #flushing: Promise<void> = Promise.resolve();

  add(cassette: Cassette, since: Cassette | undefined): void {
    const before = this.#entries.find((entry) => !entry.isOnItsWay && isContinued(entry, cassette, since));
    if (before === undefined) {
      this.#entries.push({ cassette, since, isOnItsWay: false });
    } else {
      before.cassette = cassette;
    }
  }

  /**
   * Saves everything in its order, after a flush that is under way. What fails, and what comes after it, stays here.
   *
   * @throws What `save` rejects with.
   */
  flush(save: CassetteStore['save']): Promise<void> {
    const flush = this.#flushing.then(async () => {
      for (let entry = this.#entries[0]; entry !== undefined; entry = this.#entries[0]) {
        entry.isOnItsWay = true;
        try {
          await save(entry.cassette, entry.since);
          this.#remove(entry);
        } finally {
          entry.isOnItsWay = false;
        }
      }
    });
    this.#flushing = flush.catch(() => {});
    return flush;
  }

  /** The same at once, also for what is on its way. */
  flushSync(save: NonNullable<CassetteStore['saveSync']>): void {
    for (let entry = this.#entries[0]; entry !== undefined; entry = this.#entries[0]) {
      save(entry.cassette, entry.since);
      this.#remove(entry);
    }
  }

  #remove(entry: Entry): void {
    const place = this.#entries.indexOf(entry);
    if (place !== -1) {
      this.#entries.splice(place, 1);
    }
  }
}

/** Does a save follow on one that waits: from its cassette, or from where it starts, with all that it has? */
function isContinued(entry: Entry, cassette: Cassette, since: Cassette | undefined): boolean {
  return since === undefined
    ? entry.since === undefined
    : entry.cassette === since || (entry.since === since && cassette.since(entry.cassette) !== undefined);
}
