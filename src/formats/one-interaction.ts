import type { Address } from '../core/address.js';
import { CassetteLoadError } from '../core/errors.js';
import type { Interaction } from '../core/interaction.js';
import type { RequestHead } from '../core/recording.js';
import type { StoredInteraction } from '../core/stored-interaction.js';
import { addressOf } from '../http/matching/address.js';
import { blocksOf, parseFile, printCassette, printInteraction } from './cassette-json.js';

/** A cassette file that holds one interaction, from its block: for stores with a place for each. */
export function fileOfOne(block: string): string {
  return printCassette([block]);
}

/**
 * The interaction in such a file.
 *
 * @param location Where it stands.
 * @throws CassetteLoadError where it is no such file, as `parseFile` does.
 */
export function parseFileOfOne(text: string, location: string): StoredInteraction {
  const { interactions } = parseFile(text, location);
  const [stored] = interactions;
  if (stored === undefined || interactions.length > 1) {
    throw new CassetteLoadError(location, {
      problem: `it holds ${interactions.length} interactions, where one is to be`,
      hint: 'Delete it, and record again.',
    });
  }
  return stored;
}

/** The block in such a file. */
export function blockInFile(text: string, interaction: Interaction): string {
  return blocksOf(text)?.[0] ?? printInteraction(interaction);
}

/** What an interaction may be found by without reading it; see `CassetteSource.alike`. */
export function addressFor({ target }: RequestHead): Address | undefined {
  return addressOf(target);
}
