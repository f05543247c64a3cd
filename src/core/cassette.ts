import type { RequestFingerprint } from './fingerprint.js';
import type { Interaction } from './interaction.js';

/** What all versions of one growing cassette share: each of them sees its own prefix. */
interface Log {
  readonly items: Interaction[];
  readonly places: Map<string, number[]>;
}

/**
 * An immutable, ordered collection of interactions with an index by fingerprint. Look-up is O(1) and so is `append`,
 * amortised: versions share their structure. Appending twice to the same version copies it once.
 */
export class Cassette {
  #log: Log = { items: [], places: new Map() };
  #size = 0;
  #interactions: readonly Interaction[] | undefined;

  constructor(interactions: Iterable<Interaction> = []) {
    for (const interaction of interactions) {
      push(this.#log, interaction);
    }
    this.#size = this.#log.items.length;
  }

  /** How many interactions there are. */
  get size(): number {
    return this.#size;
  }

  /** The interactions in their order. */
  get interactions(): readonly Interaction[] {
    this.#interactions ??= Object.freeze(this.#log.items.slice(0, this.#size));
    return this.#interactions;
  }

  /**
   * A recording of exactly this request: of the session that was recorded last, the first whole one, else the first.
   */
  find(fingerprint: RequestFingerprint): Interaction | undefined {
    const found = (this.#log.places.get(fingerprint) ?? [])
      .filter((place) => place < this.#size)
      .map((place) => this.#log.items[place] as Interaction);
    const session = found.at(-1)?.recording.session;
    const fresh = found.filter((interaction) => interaction.recording.session === session);
    return fresh.find((interaction) => !interaction.recording.truncated) ?? fresh[0];
  }

  /**
   * The interactions that were appended to `earlier` to make this cassette, in their order; undefined where it was not
   * made from `earlier` by appending alone. Costs what they are many, however large the cassette is.
   */
  since(earlier: Cassette): readonly Interaction[] | undefined {
    const isPrefix = earlier.#size === 0 || (earlier.#log === this.#log && earlier.#size <= this.#size);
    return isPrefix ? this.#log.items.slice(earlier.#size, this.#size) : undefined;
  }

  /** A cassette with one interaction more; this one stays as it is. */
  append(interaction: Interaction): Cassette {
    const next = new Cassette();
    next.#log = this.#log.items.length === this.#size ? this.#log : new Cassette(this.interactions).#log;
    push(next.#log, interaction);
    next.#size = this.#size + 1;
    return next;
  }
}

function push(log: Log, interaction: Interaction): void {
  const places = log.places.get(interaction.fingerprint);
  if (places === undefined) {
    log.places.set(interaction.fingerprint, [log.items.length]);
  } else {
    places.push(log.items.length);
  }
  log.items.push(interaction);
}
