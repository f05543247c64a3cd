import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { Cassette } from '../../core/cassette.js';
import { printCassette } from '../../formats/cassette-json.js';
import { applied, blockOf, changeTo } from '../../stores/cassette-change.js';
import { JsonFileCassetteStore } from '../../stores/json-file.js';
import { cassettePath } from '../cassettes.js';
import { EXIT } from '../exit-codes.js';
import type { Verb } from '../program.js';
import { writeWhole } from '../written-file.js';

/** `interposition merge`: joins what two branches did to one cassette; git's merge driver. */
export const merge: Verb = (terminal, finish) =>
  new Command('merge')
    .description(
      'Merge three versions of a cassette into the second one: what theirs has recorded since the base is added to ' +
        'ours, and what it has removed is removed. As a merge driver of git: interposition merge %O %A %B',
    )
    .argument('<base>', 'the version that both come from; an empty file where there was none')
    .argument('<ours>', 'the version that is changed')
    .argument('<theirs>', 'the version whose changes are taken over')
    .action(async (...given: unknown[]) => {
      const [base, ours, theirs] = given.slice(0, 3).map((one) => cassettePath(one as string, terminal));
      const [before, mine, other] = await Promise.all([
        readOrEmpty(base as string),
        read(ours as string),
        read(theirs as string),
      ]);
      const { kept, added } = applied(changeTo(other, before), mine.interactions.map(blockOf));
      const text = printCassette([...kept, ...added].map((block) => block.text));
      await writeWhole(ours as string, given[1] as string, text);
      finish(EXIT.done);
    });

function read(path: string): Promise<Cassette> {
  return new JsonFileCassetteStore(path).load();
}

/** git gives an empty file where both branches have made the cassette. */
async function readOrEmpty(path: string): Promise<Cassette> {
  return isEmpty(path) ? new Cassette() : read(path);
}

function isEmpty(path: string): boolean {
  try {
    return readFileSync(path).byteLength === 0;
  } catch {
    // Whoever reads it says what is wrong.
    return false;
  }
}
