import { Cassette } from '../core/cassette.js';
import type { CassetteStore } from '../core/cassette-store.js';
import { CassetteLoadError } from '../core/errors.js';
import type { Interaction } from '../core/interaction.js';

/** Options of a MemoryCassetteStore. */
export interface MemoryCassetteStoreOptions {
  /** Load an empty cassette where nothing was saved yet, instead of failing; false where left out. */
  readonly createIfMissing?: boolean;
}

/** Keeps a cassette for as long as the process lives. */
export class MemoryCassetteStore implements CassetteStore {
  readonly location = 'in memory';
  readonly #createIfMissing: boolean;
  #cassette: Cassette | undefined;
  /** What the cassette holds, while several save into it: to look through all of it for each save would grow. */
  #held: Set<Interaction> | undefined;

  constructor(options: MemoryCassetteStoreOptions = {}) {
    this.#createIfMissing = options.createIfMissing ?? false;
  }

  /** @throws CassetteLoadError where nothing was saved, unless the store was made with `createIfMissing`. */
  async load(): Promise<Cassette> {
    if (this.#cassette === undefined && !this.#createIfMissing) {
      throw new CassetteLoadError(this.location, {
        problem: 'nothing was saved in this store',
        hint: 'Pass { createIfMissing: true } to start with an empty one.',
      });
    }
    this.#cassette ??= new Cassette();
    return this.#cassette;
  }

  async save(cassette: Cassette, since?: Cassette): Promise<void> {
    this.saveSync(cassette, since);
  }

  saveSync(cassette: Cassette, since?: Cassette): void {
    const now = this.#cassette ?? new Cassette();
    if (since === undefined || since === now) {
      this.#cassette = cassette;
      this.#held = undefined;
      return;
    }
    const appended = cassette.since(since);
    if (appended === undefined) {
      this.#cassette = merged(now, cassette, since);
      this.#held = undefined;
      return;
    }
    this.#held ??= new Set(now.interactions);
    const held = this.#held;
    const added = appended.filter((given) => !held.has(given));
    this.#cassette = added.reduce((grown, given) => grown.append(given), now);
    for (const given of added) {
      held.add(given);
    }
  }
}

/** What is held now, with what this cassette has more, and without what it has less, than that earlier one. */
function merged(now: Cassette, cassette: Cassette, since: Cassette): Cassette {
  const [known, wanted] = [new Set(since.interactions), new Set(cassette.interactions)];
  const kept = now.interactions.filter((stored) => !known.has(stored) || wanted.has(stored));
  const held = new Set(kept);
  const added = cassette.interactions.filter((given) => !known.has(given) && !held.has(given));
  return new Cassette([...kept, ...added]);
}
