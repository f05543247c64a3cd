import type { Cassette } from '../core/cassette.js';
import type { Interaction } from '../core/interaction.js';
import { printInteraction } from '../formats/cassette-json.js';

/** An interaction, and how it stands in a file. */
export interface Block {
  readonly interaction: Interaction;
  readonly text: string;
}

/** What a cassette has that an earlier version of it had not, and the other way round. */
export interface Change {
  readonly before: Cassette;
  readonly removed: readonly Block[];
  /** The places in `before` of what is removed. */
  readonly places: ReadonlySet<number>;
  readonly added: readonly Block[];
}

/** How an interaction is printed. */
export function blockOf(interaction: Interaction): Block {
  return { interaction, text: printInteraction(interaction) };
}

/**
 * What makes `before` this cassette. The longest beginning of the cassette whose interactions stand in `before` in the
 * same order is kept; what follows it is added. Costs what is new, where that was appended to `before`.
 */
export function changeTo(cassette: Cassette, before: Cassette): Change {
  const appended = cassette.since(before);
  if (appended !== undefined) {
    return { before, removed: [], places: new Set(), added: appended.map(blockOf) };
  }
  const had = before.interactions;
  const wanted = cassette.interactions;
  const kept = new Set<number>();
  for (let place = 0; kept.size < wanted.length; place++) {
    const next = wanted[kept.size] as Interaction;
    while (place < had.length && !isSame(had[place] as Interaction, next)) {
      place++;
    }
    if (place === had.length) {
      break;
    }
    kept.add(place);
  }
  const places = new Set([...had.keys()].filter((place) => !kept.has(place)));
  const removed = had.filter((_, place) => places.has(place)).map(blockOf);
  return { before, removed, places, added: wanted.slice(kept.size).map(blockOf) };
}

/**
 * A change, applied to what a file holds now. Others may have changed the file as well: what they removed stays so, and
 * what they, too, have added is there once.
 */
export function applied(
  change: Change,
  now: readonly Block[],
): { readonly kept: readonly Block[]; readonly added: readonly Block[] } {
  const printed = new Map<Interaction, string>();
  const removed = new Bag(change.removed, printed);
  const mine = new Bag(change.added, printed);
  const theirs = new Bag(
    now.filter(({ interaction }) => mine.knows(interaction)),
    printed,
  );
  if (theirs.size > 0) {
    for (const interaction of change.before.interactions.filter((known) => mine.knows(known))) {
      theirs.take(blockOf(interaction));
    }
  }
  // Of equal ones the one in its own place; where others have moved things, any.
  const meant = meantIn(now, change);
  const kept = now.filter((block) => !(meant.has(block) && removed.take(block)));
  return {
    kept: removed.size === 0 ? kept : kept.filter((block) => !removed.take(block)),
    added: change.added.filter((block) => !theirs.take(block)),
  };
}

/** The blocks that are the n-th of their kind where the n-th of that kind was removed. */
function meantIn(now: readonly Block[], { before, places }: Change): ReadonlySet<Block> {
  if (places.size === 0) {
    return new Set();
  }
  const kindsOfBefore = counted(before.interactions);
  const removed = new Set(kindsOfBefore.filter((_, place) => places.has(place)));
  const kinds = counted(now.map(({ interaction }) => interaction));
  return new Set(now.filter((_, place) => removed.has(kinds[place] as string)));
}

/** For each interaction its key, and how many with that key stand before it. */
function counted(interactions: readonly Interaction[]): readonly string[] {
  const counts = new Map<string, number>();
  return interactions.map((interaction) => {
    const key = keyOf(interaction);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    return `${count} ${key}`;
  });
}

/** What of the added blocks is not among those that others have appended. */
export function without(added: readonly Block[], theirs: readonly string[]): readonly Block[] {
  const counts = new Map<string, number>();
  for (const text of theirs) {
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return added.filter(({ text }) => {
    const count = counts.get(text) ?? 0;
    counts.set(text, count - 1);
    return count <= 0;
  });
}

/** Blocks to take out one by one; equal ones count. */
class Bag {
  readonly #blocks = new Map<string, Block[]>();
  readonly #printed: Map<Interaction, string>;
  #size = 0;

  /** @param printed What was printed already. */
  constructor(blocks: readonly Block[], printed: Map<Interaction, string>) {
    this.#printed = printed;
    for (const block of blocks) {
      const key = keyOf(block.interaction);
      const equal = this.#blocks.get(key);
      if (equal === undefined) {
        this.#blocks.set(key, [block]);
      } else {
        equal.push(block);
      }
      this.#size++;
    }
  }

  get size(): number {
    return this.#size;
  }

  /** May the interaction be one of these? Cheaper than to print it. */
  knows(interaction: Interaction): boolean {
    return this.#size > 0 && this.#blocks.has(keyOf(interaction));
  }

  /** Takes a block out; false where it is not there. However somebody has laid it out, it is the same. */
  take(block: Block): boolean {
    const equal = (this.#size > 0 && this.#blocks.get(keyOf(block.interaction))) || [];
    let place = equal.findIndex(({ text }) => text === block.text);
    if (place === -1) {
      place = equal.findIndex(
        ({ interaction }) => this.#print(interaction) === this.#print(block.interaction),
      );
    }
    if (place === -1) {
      return false;
    }
    equal.splice(place, 1);
    this.#size--;
    return true;
  }

  #print(interaction: Interaction): string {
    let text = this.#printed.get(interaction);
    if (text === undefined) {
      text = printInteraction(interaction);
      this.#printed.set(interaction, text);
    }
    return text;
  }
}

function keyOf({ fingerprint, metadata }: Interaction): string {
  return `${fingerprint}${JSON.stringify(metadata)}`;
}

function isSame(a: Interaction, b: Interaction): boolean {
  return a === b || (keyOf(a) === keyOf(b) && printInteraction(a) === printInteraction(b));
}
