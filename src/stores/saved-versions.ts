import { Cassette } from '../core/cassette.js';

/** Which versions of a cassette a store has saved: it tells what another save is to be compared with. */
export class SavedVersions {
  #last = new Cassette();
  /** By what a caller knew when he saved: what was saved for him, which he may not have heard of yet. */
  readonly #saved = new WeakMap<Cassette, Cassette>();

  readonly #known = new WeakSet<Cassette>();

  /** The cassette was loaded. */
  loaded(cassette: Cassette): void {
    this.#last = cassette;
    this.#known.add(cassette);
  }

  /** Was this very version loaded or saved? */
  knows(cassette: Cassette): boolean {
    return this.#known.has(cassette);
  }

  /** What the caller's cassette is to be compared with. @param since As the store's `save` got it. */
  basis(cassette: Cassette, since: Cassette | undefined): Cassette {
    if (since === undefined) {
      return this.#last;
    }
    const saved = this.#saved.get(since);
    const isOnItsWay =
      saved !== undefined && (cassette.since(saved) !== undefined || saved.since(cassette) !== undefined);
    return isOnItsWay ? saved : since;
  }

  /** The cassette was saved. @param before What `basis` gave for it. */
  saved(cassette: Cassette, before: Cassette, since: Cassette = before): void {
    this.#last = cassette;
    this.#known.add(cassette);
    this.#saved.set(since, cassette);
  }
}
