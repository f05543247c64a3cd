import { constants as bufferConstants } from 'node:buffer';
import { constants, copyFileSync, readFileSync, statSync } from 'node:fs';
import { Command } from 'commander';
import { CassetteLoadError, describe } from '../../core/errors.js';
import { printableLine } from '../../core/printable.js';
import { repairedFile } from '../../formats/cassette-json.js';
import { JsonFileCassetteStore } from '../../stores/json-file.js';
import { CASSETTE_ARGUMENT, cassettePath } from '../cassettes.js';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-codes.js';
import { plural } from '../plural.js';
import type { Verb } from '../program.js';
import { writeWhole } from '../written-file.js';

/** `interposition repair`: gives a cassette that was cut off its end back. */
export const repair: Verb = (terminal, finish) =>
  new Command('repair')
    .description(
      'Repair a cassette that was cut off: what is whole of it is kept. The file as it was stays beside it, as ' +
        '<cassette>.broken.',
    )
    .argument(...CASSETTE_ARGUMENT)
    .action(async (given: string | undefined) => {
      const path = cassettePath(given, terminal);
      try {
        const { size } = await new JsonFileCassetteStore(path).load();
        terminal.out(`${printableLine(path)} is whole: ${plural(size, 'interaction')}\n`);
      } catch (error) {
        if (!(error instanceof CassetteLoadError)) {
          throw error;
        }
        terminal.out(`${printableLine(await repaired(path, error))}\n`);
      }
      finish(EXIT.done);
    });

async function repaired(path: string, failure: CassetteLoadError): Promise<string> {
  const isUnreadable = (failure.cause as NodeJS.ErrnoException | undefined)?.syscall !== undefined;
  const isText = !isUnreadable && statSync(path).size <= bufferConstants.MAX_STRING_LENGTH;
  const repaired = isText ? repairedFile(readFileSync(path, 'utf8')) : undefined;
  if (repaired === undefined) {
    throw new CommandError(`${failure.message} Nothing was changed.`, { cause: failure });
  }
  const kept = `${path}.broken`;
  try {
    copyFileSync(path, kept, constants.COPYFILE_EXCL);
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    const problem = isThere ? '. Move that away' : `: ${describe(cause)}`;
    throw new CommandError(`cannot keep the file as it was in ${kept}${problem}. Nothing was changed.`, {
      cause,
    });
  }
  await writeWhole(path, path, repaired.text, { fsync: true });
  return `${path}: ${plural(repaired.blocks, 'interaction')} kept, cut after byte ${repaired.bytes}; as it was: ${kept}`;
}
