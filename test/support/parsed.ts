import { parseFile } from '../../src/formats/cassette-json.js';
import type { Interaction } from '../../src/index.js';

/** The interactions of a cassette file's text, all of them read to their ends. */
export function parseCassette(text: string, location: string): Interaction[] {
  return parseFile(text, location).interactions.map((stored) => {
    const interaction = stored.interaction();
    interaction.responseChunks;
    return interaction;
  });
}
