import { isAlike } from '../../src/core/address.js';
import type { CassetteSource } from '../../src/core/cassette-source.js';
import type { CassetteEntry, Placed } from '../../src/core/stored-interaction.js';
import { headOf } from '../../src/core/stored-interaction.js';
import { addressFor } from '../../src/formats/one-interaction.js';

/** A source of a cassette that tells what was read of it. Between its places there are gaps. */
export class ArraySource implements CassetteSource {
  readonly #placed: readonly Placed[];
  /** The places of all that it gave. */
  readonly given = new Set<number>();

  constructor(entries: readonly CassetteEntry[]) {
    this.#placed = entries.map((entry, index) => ({ entry, place: index * 3 + 5 }));
  }

  get size(): number {
    return this.#placed.length;
  }

  all(): readonly Placed[] {
    return this.#give(() => true);
  }

  byFingerprint(fingerprint: string): readonly Placed[] {
    return this.#give(({ entry }) => entry.fingerprint === fingerprint);
  }

  alike(address: { path: string; query: string | undefined }): readonly Placed[] {
    return this.#give(({ entry }) => {
      const own = addressFor(headOf(entry));
      return own !== undefined && isAlike(own, address);
    });
  }

  withoutAddress(): readonly Placed[] {
    return this.#give(({ entry }) => addressFor(headOf(entry)) === undefined);
  }

  lanes(): CassetteEntry[] {
    const seen = new Set<string>();
    return this.#placed
      .map(({ entry }) => entry)
      .filter(({ metadata }) => {
        const name = JSON.stringify(metadata.filter(([key]) => key === 'session' || key === 'lane'));
        return !seen.has(name) && seen.add(name);
      });
  }

  #give(isOne: (placed: Placed) => boolean): readonly Placed[] {
    const found = this.#placed.filter(isOne);
    for (const { place } of found) {
      this.given.add(place);
    }
    return found;
  }
}
