import { Cassette } from '../core/cassette.js';
import type { Interaction } from '../core/interaction.js';
import { printableLine } from '../core/printable.js';
import { printInteraction } from '../formats/cassette-json.js';
import type { Address } from '../stores/addresses/address.js';
import { type Block, blockOf, without } from '../stores/cassette-change.js';
import { storeOf } from './cassettes.js';
import { plural } from './plural.js';

/** So many are saved at once: what was saved stays where the command is stopped. */
const BATCH = 100;

/**
 * Adds interactions to a cassette, which is made where it is missing. What it has already is not added again. Nothing is
 * written where there is nothing to add.
 *
 * @param told Is called with how many are done, those included that were there.
 * @returns How many of them were not there.
 * @throws CassetteLoadError, CassetteSaveError
 */
export async function addTo(
  address: Address,
  interactions: readonly Interaction[],
  told: (done: number) => void = () => {},
): Promise<number> {
  const store = await storeOf(address, { createIfMissing: true });
  try {
    let cassette = await store.load();
    const { added, hasHoles } = compare(cassette, interactions);
    if (hasHoles) {
      // A copy was stopped in the middle of a save whose parts go their own ways: what is behind a hole moves, too.
      await store.save(new Cassette(interactions), cassette);
      return added.length;
    }
    const there = interactions.length - added.length;
    told(there);
    for (let start = 0; start < added.length; start += BATCH) {
      const batch = added.slice(start, start + BATCH);
      const grown = batch.reduce((growing, interaction) => growing.append(interaction), cassette);
      await store.save(grown, cassette);
      cassette = grown;
      told(there + start + batch.length);
    }
    return added.length;
  } finally {
    await store.flush?.();
  }
}

/**
 * How a command says what it has added.
 *
 * @param shown How it names the cassette.
 * @param total How many there were to add.
 */
export function addedLine(shown: string, added: number, total: number): string {
  const known = total - added;
  const there = known === 0 ? '' : `; ${known} ${known === 1 ? 'was' : 'were'} there already`;
  return `${printableLine(shown)}: ${plural(added, 'interaction')} added${there}\n`;
}

/** What the cassette has not got, where equal ones count; and is that what stands between the rest? */
function compare(
  cassette: Cassette,
  interactions: readonly Interaction[],
): { readonly added: readonly Interaction[]; readonly hasHoles: boolean } {
  if (cassette.size === 0) {
    return { added: interactions, hasHoles: false };
  }
  const wanted = interactions.map(blockOf);
  const stored = cassette.interactions.map(printInteraction);
  const added = without(wanted, stored).map(({ interaction }) => interaction);
  return { added, hasHoles: isWithHoles(stored, wanted) };
}

/** Is everything that is stored wanted, in this order, and something between? */
function isWithHoles(stored: readonly string[], wanted: readonly Block[]): boolean {
  let place = 0;
  for (const { text } of wanted) {
    if (text === stored[place]) {
      place++;
    }
  }
  return place === stored.length && stored.some((text, index) => text !== wanted[index]?.text);
}
