import type { Address } from './address.js';
import { BEHIND_SOURCE, type CassetteSource } from './cassette-source.js';
import type { RequestFingerprint } from './fingerprint.js';
import type { Interaction } from './interaction.js';
import type { OfLane } from './lanes.js';
import { type CassetteEntry, interactionOf, type Placed } from './stored-interaction.js';

/** What all versions of one growing cassette share: each of them sees its own prefix. */
interface Log {
  /** What stands before the entries, where that is not in memory. */
  readonly source: CassetteSource | undefined;
  readonly entries: CassetteEntry[];
  /** Where the entries of a fingerprint stand. Made when something is first found by it. */
  places: Map<string, number[]> | undefined;
}

/** What makes a cassette of an earlier version of it. */
export interface CassetteChange {
  /** The places of what was taken out, ascending. */
  readonly removed: readonly number[];
  /** What was appended, in its order. */
  readonly added: readonly Interaction[];
}

const NONE: ReadonlySet<number> = new Set();

/**
 * An immutable, ordered collection of interactions with an index by fingerprint. Look-up is O(1) and so is `append`,
 * amortised: versions share their structure. Appending twice to the same version copies it once. What a store gave
 * without decoding it is decoded when it is asked for; what it gave without reading it is read then.
 */
export class Cassette {
  #log: Log;
  /** How many entries of the log are this version's. */
  #end: number;
  /** The places of what was taken out. */
  #removed = NONE;
  #interactions: readonly Interaction[] | undefined;

  constructor(interactions: Iterable<CassetteEntry> = []) {
    const entries = [...interactions];
    this.#log = { source: undefined, entries, places: undefined };
    this.#end = entries.length;
  }

  /**
   * A cassette whose interactions are read when something asks for them.
   *
   * @internal
   */
  static on(source: CassetteSource): Cassette {
    const cassette = new Cassette();
    cassette.#log = { source, entries: [], places: undefined };
    return cassette;
  }

  /** How many interactions there are. */
  get size(): number {
    return (this.#log.source?.size ?? 0) + this.#end - this.#removed.size;
  }

  /**
   * The interactions in their order.
   *
   * @throws CassetteLoadError where one that stands in a store is not well formed, or cannot be read.
   */
  get interactions(): readonly Interaction[] {
    this.#interactions ??= Object.freeze(this.entries.map(interactionOf));
    return this.#interactions;
  }

  /** The same without decoding what nobody has asked for yet. */
  get entries(): readonly CassetteEntry[] {
    const { source, entries } = this.#log;
    return source === undefined && this.#removed.size === 0
      ? entries.slice(0, this.#end)
      : this.placed.map(({ entry }) => entry);
  }

  /**
   * What it stands on; undefined where all of it is in memory.
   *
   * @internal
   */
  get source(): CassetteSource | undefined {
    return this.#log.source;
  }

  /**
   * The entries with their places, which are ascending and stay the same in later versions.
   *
   * @internal
   */
  get placed(): readonly Placed[] {
    return [...this.#left(this.#log.source?.all() ?? []), ...this.#appended(0)];
  }

  /**
   * The place of what is appended next.
   *
   * @internal
   */
  get nextPlace(): number {
    return this.#base + this.#end;
  }

  /**
   * A recording of exactly this request: of the session that was recorded last, the first whole one, else the first.
   *
   * @throws CassetteLoadError where the recording is not well formed; where there is none, for any in memory that is not:
   * a wrong fingerprint may stand in its place.
   */
  find(fingerprint: RequestFingerprint): Interaction | undefined {
    const { source, entries } = this.#log;
    const own = (placesOf(this.#log).get(fingerprint) ?? [])
      .filter((index) => index < this.#end)
      .map((index) => ({ entry: entries[index] as CassetteEntry, place: this.#base + index }));
    const placed = this.#left([...(source?.byFingerprint(fingerprint) ?? []), ...own]);
    const found = placed.map(({ entry }) => interactionOf(entry));
    if (found.length === 0) {
      for (const { entry } of this.#appended(0)) {
        interactionOf(entry);
      }
    }
    const session = found.at(-1)?.recording.session;
    const fresh = found.filter((interaction) => interaction.recording.session === session);
    return fresh.find((interaction) => !interaction.recording.truncated) ?? fresh[0];
  }

  /**
   * What a request of this address may be answered with; undefined where all entries are in memory anyway.
   *
   * @internal
   */
  alike(address: Address): readonly Placed[] | undefined {
    const { source } = this.#log;
    return source && this.#left(source.alike(address));
  }

  /**
   * What `alike` leaves out, and may be the answer to any request; undefined where all entries are in memory anyway.
   *
   * @internal
   */
  withoutAddress(): readonly Placed[] | undefined {
    const { source } = this.#log;
    return source && [...this.#left(source.withoutAddress()), ...this.#appended(0)];
  }

  /**
   * At least one for each lane of each session, in the order of their first interactions.
   *
   * @internal
   */
  lanes(): readonly OfLane[] {
    const { source, entries } = this.#log;
    return source === undefined || this.#removed.size > 0
      ? this.entries
      : [...source.lanes(), ...entries.slice(0, this.#end)];
  }

  /**
   * The interactions that were appended to `earlier` to make this cassette, in their order; undefined where it was not
   * made from `earlier` by appending alone. Costs what they are many, however large the cassette is.
   *
   * @throws CassetteLoadError where one of them stands in a store and is not well formed.
   */
  since(earlier: Cassette): readonly Interaction[] | undefined {
    if (earlier.#isEmpty) {
      return this.entries.map(interactionOf);
    }
    const change = this.#isLater(earlier) ? this.changeSince(earlier) : undefined;
    return change?.removed.length === 0 ? change.added : undefined;
  }

  /**
   * What makes this cassette of `earlier`; undefined where it was not made of it by appending and taking out. Costs what
   * the change is large, and what was taken out since the cassette was loaded.
   *
   * @internal
   * @throws CassetteLoadError where something of it stands in a store and is not well formed.
   */
  changeSince(earlier: Cassette): CassetteChange | undefined {
    if (!this.#isLater(earlier)) {
      const added = this.since(earlier);
      return added && { removed: [], added };
    }
    const removed = [...this.#removed]
      .filter((place) => place < earlier.nextPlace && !earlier.#removed.has(place))
      .sort((a, b) => a - b);
    return { removed, added: this.#appended(earlier.#end).map(({ entry }) => interactionOf(entry)) };
  }

  /** A cassette with one interaction more; this one stays as it is. */
  append(interaction: Interaction): Cassette {
    const { source, entries, places } = this.#log;
    const isLatest = entries.length === this.#end;
    const log = isLatest ? this.#log : { source, entries: entries.slice(0, this.#end), places: undefined };
    if (isLatest && places !== undefined) {
      addPlace(places, interaction.fingerprint, this.#end);
    }
    log.entries.push(interaction);
    return this.#version(log, this.#end + 1, this.#removed);
  }

  /**
   * A cassette without what stands at these places; this one stays as it is.
   *
   * @internal
   */
  without(places: Iterable<number>): Cassette {
    const removed = new Set([...this.#removed, ...places]);
    return removed.size === this.#removed.size ? this : this.#version(this.#log, this.#end, removed);
  }

  #version(log: Log, end: number, removed: ReadonlySet<number>): Cassette {
    const version = new Cassette();
    version.#log = log;
    version.#end = end;
    version.#removed = removed;
    return version;
  }

  get #base(): number {
    return this.#log.source === undefined ? 0 : BEHIND_SOURCE;
  }

  get #isEmpty(): boolean {
    return this.#log.source === undefined && this.#end === this.#removed.size;
  }

  /** Is this the other one, with something appended or taken out? */
  #isLater(earlier: Cassette): boolean {
    return (
      earlier.#log === this.#log &&
      earlier.#end <= this.#end &&
      (earlier.#removed === this.#removed || [...earlier.#removed].every((place) => this.#removed.has(place)))
    );
  }

  /** The entries of the log from an index on. */
  #appended(from: number): readonly Placed[] {
    const entries = this.#log.entries.slice(from, this.#end);
    return this.#left(entries.map((entry, index) => ({ entry, place: this.#base + from + index })));
  }

  #left(placed: readonly Placed[]): readonly Placed[] {
    return this.#removed.size === 0 ? placed : placed.filter(({ place }) => !this.#removed.has(place));
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
