import type { Address } from './address.js';
import type { Cassette } from './cassette.js';
import type { Policy } from './policy.js';
import { headOf, type Placed } from './stored-interaction.js';

/** A recording, and the one of its group before it. */
interface Waiting {
  readonly placed: Placed;
  readonly before: Waiting | undefined;
}

/**
 * The recordings of a cassette whose match keys are not known yet. A key is dear, as the whole of a request has to be
 * decoded and redacted for it; so a recording waits until a request of its group is looked up. Where a cassette is not
 * read whole, it waits to be read until a request is looked up that it may answer.
 */
export class Unkeyed {
  readonly #policy: Policy;
  readonly #cassette: Cassette;
  /** The last one of each group; of those that have none, under undefined. */
  readonly #groups = new Map<string | undefined, Waiting>();
  #isReadWhole = false;
  /** While there is more to read: the places of what was read, and what that was asked for. */
  readonly #read = new Set<number>();
  readonly #asked = new Set<string>();

  constructor(policy: Policy, cassette: Cassette) {
    this.#policy = policy;
    this.#cassette = cassette;
  }

  get isEmpty(): boolean {
    return this.#isReadWhole && this.#groups.size === 0;
  }

  /** Reads those that a request of this address may be answered with; all of them for undefined. */
  read(address: () => Address | undefined): void {
    if (this.#isReadWhole) {
      return;
    }
    const { name, placed } = this.#unread(address());
    const fresh = this.#read.size === 0 ? placed : placed.filter(({ place }) => !this.#read.has(place));
    // All of them before the first one is taken: where one is not well formed, they are read again.
    const groups = fresh.map(({ entry }) => this.#policy.group?.(headOf(entry)));
    for (const [index, one] of fresh.entries()) {
      const group = groups[index];
      this.#groups.set(group, { placed: one, before: this.#groups.get(group) });
    }
    if (name === undefined) {
      this.#isReadWhole = true;
      this.#read.clear();
      this.#asked.clear();
    } else {
      this.#asked.add(name);
      for (const { place } of fresh) {
        this.#read.add(place);
      }
    }
  }

  /** Of those that were read the ones of a group, and those that have none; all of them for undefined. By their places. */
  of(group: string | undefined): readonly Placed[] {
    const chosen = group === undefined ? this.#groups.keys() : [undefined, group];
    return [...chosen].flatMap((name) => this.#chain(name)).sort((a, b) => a.place - b.place);
  }

  /** What `of` gives for this has its keys. */
  remove(group: string | undefined): void {
    if (group === undefined) {
      this.#groups.clear();
    } else {
      this.#groups.delete(undefined);
      this.#groups.delete(group);
    }
  }

  /** What is to be read, and what that is called; it has no name where that is everything. */
  #unread(address: Address | undefined): { readonly name?: string; readonly placed: readonly Placed[] } {
    if (address === undefined) {
      return { placed: this.#cassette.placed };
    }
    const name = JSON.stringify([address.path, address.query]);
    if (this.#asked.has(name)) {
      return { name, placed: [] };
    }
    const others = this.#asked.size === 0 ? this.#cassette.withoutAddress() : [];
    return others === undefined
      ? { placed: this.#cassette.placed }
      : { name, placed: [...others, ...(this.#cassette.alike(address) ?? [])] };
  }

  #chain(group: string | undefined): Placed[] {
    const placed: Placed[] = [];
    for (let one = this.#groups.get(group); one !== undefined; one = one.before) {
      placed.push(one.placed);
    }
    return placed;
  }
}
