import { type MetadataPair, metadataValue } from './metadata.js';

/** What of a recording says which lane it is of. */
export interface OfLane {
  readonly metadata: readonly MetadataPair[];
}

/** The lanes of a cassette, by session. */
export class Lanes {
  readonly #sessions = new Map<string, Set<string>>();
  /** By session: its lanes as they are followed. */
  readonly #followed = new Map<string, readonly string[]>();
  readonly #entry: number;

  /** @param entry Which entry of its cassette a replay is, from 0: it follows the lane of that number. */
  constructor(entry: number, recordings: Iterable<OfLane>) {
    this.#entry = entry;
    for (const recording of recordings) {
      this.add(recording);
    }
  }

  add({ metadata }: OfLane): void {
    const session = metadataValue(metadata, 'session') ?? '';
    const lane = metadataValue(metadata, 'lane') ?? '';
    const lanes = this.#sessions.get(session) ?? new Set<string>();
    if (!lanes.has(lane)) {
      this.#sessions.set(session, lanes.add(lane));
      this.#followed.delete(session);
    }
  }

  /**
   * The lanes of a session in the order in which a replay follows them: first the one that the entry of its number
   * recorded, then the others. Entries go round and round, so that a watch mode that runs everything again starts anew.
   */
  of(session: string): readonly string[] {
    let followed = this.#followed.get(session);
    if (followed === undefined) {
      followed = this.#follow([...(this.#sessions.get(session) ?? [])]);
      this.#followed.set(session, followed);
    }
    return followed;
  }

  #follow(lanes: readonly string[]): readonly string[] {
    const numbers = lanes.map(Number).filter(Number.isSafeInteger);
    const period = numbers.reduce((most, number) => Math.max(most, number), 0);
    // By its number, as an entry that asked for nothing has left no lane.
    const own = period === 0 ? undefined : String((this.#entry % period) + 1);
    const first = own !== undefined && lanes.includes(own) ? own : lanes[this.#entry % lanes.length];
    return first === undefined ? [] : [first, ...lanes.filter((lane) => lane !== first)];
  }
}
