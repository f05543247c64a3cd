import type { Policy } from './policy.js';
import { type CassetteEntry, headOf } from './stored-interaction.js';

/** A recording, and where it stands in its cassette. */
export interface Placed {
  readonly entry: CassetteEntry;
  readonly place: number;
}

const END = -1;

/**
 * The recordings of a cassette whose match keys are not known yet. A key is dear, as the whole of a request has to be
 * decoded and redacted for it; so a recording waits until a request of its group is looked up.
 */
export class Unkeyed {
  readonly #policy: Policy;
  readonly #entries: readonly CassetteEntry[];
  /** The first place of each group; of those that have none, under undefined. Made at the first look-up. */
  #groups: Map<string | undefined, number> | undefined;
  /** For each place the next one of its group. */
  #next: readonly number[] = [];

  constructor(policy: Policy, entries: readonly CassetteEntry[]) {
    this.#policy = policy;
    this.#entries = entries;
  }

  get isEmpty(): boolean {
    return this.#groups === undefined ? this.#entries.length === 0 : this.#groups.size === 0;
  }

  /** Those of a group, and those that have none; all of them for undefined. In the order of their places. */
  of(group: string | undefined): readonly Placed[] {
    const groups = this.#grouped();
    const chosen = group === undefined ? groups.keys() : [undefined, group];
    return [...chosen].flatMap((name) => this.#chain(name)).sort((a, b) => a.place - b.place);
  }

  /** What `of` gives for this has its keys. */
  remove(group: string | undefined): void {
    const groups = this.#grouped();
    if (group === undefined) {
      groups.clear();
    } else {
      groups.delete(undefined);
      groups.delete(group);
    }
  }

  #chain(group: string | undefined): Placed[] {
    const placed: Placed[] = [];
    for (let place = this.#groups?.get(group) ?? END; place !== END; place = this.#next[place] as number) {
      placed.push({ entry: this.#entries[place] as CassetteEntry, place });
    }
    return placed;
  }

  #grouped(): Map<string | undefined, number> {
    if (this.#groups === undefined) {
      const groups = new Map<string | undefined, number>();
      const next = new Array<number>(this.#entries.length).fill(END);
      for (let place = this.#entries.length - 1; place >= 0; place--) {
        const group = this.#policy.group?.(headOf(this.#entries[place] as CassetteEntry));
        next[place] = groups.get(group) ?? END;
        groups.set(group, place);
      }
      this.#groups = groups;
      this.#next = next;
    }
    return this.#groups;
  }
}
