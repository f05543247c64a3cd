import { Cassette } from './core/cassette.js';
import { parseFile, printCassette as printBlocks, printInteraction } from './formats/cassette-json.js';

/**
 * A cassette as the text of its JSON file, proven to give the same interactions back. For stores of one's own.
 *
 * @throws TypeError for an interaction that is too large for a text.
 */
export function printCassette(cassette: Cassette): string {
  return printBlocks(cassette.interactions.map(printInteraction));
}

/**
 * The cassette that such a text holds. Each interaction is decoded, and its fingerprint verified, when it is first asked
 * for.
 *
 * @param location What errors name it by.
 * @throws CassetteLoadError for text that is empty, cut off, no JSON, of a newer version or no cassette; later, where an
 * interaction is asked for that is not well formed.
 */
export function parseCassette(text: string, location: string): Cassette {
  return new Cassette(parseFile(text, location).interactions);
}
