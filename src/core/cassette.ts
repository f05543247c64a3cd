import type { RequestFingerprint } from './fingerprint.js';
import type { Interaction } from './interaction.js';
import { type CassetteEntry, interactionOf } from './stored-interaction.js';

/** What all versions of one growing cassette share: each of them sees its own prefix. */
interface Log {
  readonly entries: CassetteEntry[];
  /** Where the interactions of a fingerprint stand. Made when something is first found by it. */
  places: Map<string, number[]> | undefined;
}

/**
 * An immutable, ordered collection of interactions with an index by fingerprint. Look-up is O(1) and so is `append`,
 * amortised: versions share their structure. Appending twice to the same version copies it once. What a store gave
 * without decoding it is decoded when it is asked for.
 */
export class Cassette {
  #log: Log;
  #size: number;
  #interactions: readonly Interaction[] | undefined;

  constructor(interactions: Iterable<CassetteEntry> = []) {
    const entries = [...interactions];
    this.#log = { entries, places: undefined };
    this.#size = entries.length;
  }

  /** How many interactions there are. */
  get size(): number {
    return this.#size;
  }

  /**
   * The interactions in their order.
   *
   * @throws CassetteLoadError where one that stands in a store is not well formed.
   */
  get interactions(): readonly Interaction[] {
    this.#interactions ??= Object.freeze(this.entries.map(interactionOf));
    return this.#interactions;
  }

  /** The same without decoding what nobody has asked for yet. */
  get entries(): readonly CassetteEntry[] {
    return this.#log.entries.slice(0, this.#size);
  }

  /**
   * A recording of exactly this request: of the session that was recorded last, the first whole one, else the first.
   *
   * @throws CassetteLoadError where the recording is not well formed; where there is none, for any that is not: a
   * wrong fingerprint may stand in its place.
   */
  find(fingerprint: RequestFingerprint): Interaction | undefined {
    const places =
      placesOf(this.#log)
        .get(fingerprint)
        ?.filter((place) => place < this.#size) ?? [];
    const found = places.map((place) => interactionOf(this.#log.entries[place] as CassetteEntry));
    if (found.length === 0) {
      this.#verify();
    }
    const session = found.at(-1)?.recording.session;
    const fresh = found.filter((interaction) => interaction.recording.session === session);
    return fresh.find((interaction) => !interaction.recording.truncated) ?? fresh[0];
  }

  /**
   * The interactions that were appended to `earlier` to make this cassette, in their order; undefined where it was not
   * made from `earlier` by appending alone. Costs what they are many, however large the cassette is.
   *
   * @throws CassetteLoadError where one of them stands in a store and is not well formed.
   */
  since(earlier: Cassette): readonly Interaction[] | undefined {
    const isPrefix = earlier.#size === 0 || (earlier.#log === this.#log && earlier.#size <= this.#size);
    return isPrefix ? this.#log.entries.slice(earlier.#size, this.#size).map(interactionOf) : undefined;
  }

  #verify(): void {
    void this.interactions;
  }

  /** A cassette with one interaction more; this one stays as it is. */
  append(interaction: Interaction): Cassette {
    const next = new Cassette();
    next.#log = this.#log.entries.length === this.#size ? this.#log : new Cassette(this.entries).#log;
    if (next.#log.places !== undefined) {
      addPlace(next.#log.places, interaction.fingerprint, this.#size);
    }
    next.#log.entries.push(interaction);
    next.#size = this.#size + 1;
    return next;
  }
}

function placesOf(log: Log): ReadonlyMap<string, readonly number[]> {
  if (log.places === undefined) {
    const places = new Map<string, number[]>();
    for (const [place, entry] of log.entries.entries()) {
      addPlace(places, entry.fingerprint ?? interactionOf(entry).fingerprint, place);
    }
    log.places = places;
  }
  return log.places;
}

function addPlace(places: Map<string, number[]>, fingerprint: string, place: number): void {
  const known = places.get(fingerprint);
  if (known === undefined) {
    places.set(fingerprint, [place]);
  } else {
    known.push(place);
  }
}
