import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { Cassette } from '../../core/cassette.js';
import type { Interaction } from '../../core/interaction.js';
import { FORMAT_NAMES, type FormatName, importFile } from '../../formats/import/read-file.js';
import { JsonFileCassetteStore } from '../../stores/json-file.js';
import { cassettePath } from '../cassette-file.js';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-codes.js';
import { lostLines } from '../lost-lines.js';
import { plural } from '../plural.js';
import { printableLine } from '../printable.js';
import type { Verb } from '../program.js';
import { redactedInteractions } from '../redacted.js';
import type { Terminal } from '../terminal.js';

interface Options {
  readonly to: string;
  readonly from?: FormatName;
  readonly baseUrl?: string;
  readonly json?: boolean;
}

/** Where Polly writes a recording, in a folder of its own. */
const IN_FOLDER = 'recording.har';

/** What Node can read into one text. */
const MAX_FILE = 512 * 1024 * 1024 - 24;

/** `interposition import`: makes a cassette of what other tools have recorded. */
export const importRecordings: Verb = (terminal, finish) =>
  new Command('import')
    .description(
      'Add what other tools have recorded to a cassette, which is made where it is missing: HAR 1.2, nock, Polly, ' +
        "undici's SnapshotAgent, and the Python library of this name. It is redacted as a recording is. What cannot " +
        'be carried over is listed. What the cassette has already is not added again.',
    )
    .argument('<files...>', `the files; of Polly also the folders with a ${IN_FOLDER}`)
    .requiredOption('--to <cassette>', 'the cassette')
    .addOption(
      new Option('--from <format>', 'the format of the files, where it cannot be recognised').choices(
        FORMAT_NAMES,
      ),
    )
    .option('--base-url <url>', 'what relative targets are relative to')
    .option('--json', 'print JSON')
    .action(async (files: readonly string[], { to, from, baseUrl, json }: Options) => {
      if (baseUrl !== undefined && !/^https?:\/\/./i.test(baseUrl)) {
        throw new CommandError(`--base-url ${baseUrl} is not a URL of http or https.`);
      }
      const imported = files.map((file) => {
        const { interactions, lost } = importFile(read(file, terminal), file, { format: from, baseUrl });
        return { interactions, lost: lost.map((one) => ({ file, ...one })) };
      });
      const path = cassettePath(to, terminal);
      const all = redactedInteractions(imported.flatMap(({ interactions }) => interactions));
      const added = await add(
        path,
        all.map(({ interaction }) => interaction),
      );
      if (json) {
        const lost = imported.flatMap((one) => one.lost);
        terminal.out(
          `${JSON.stringify({ cassette: path, imported: all.length, added, notCarriedOver: lost }, null, 2)}\n`,
        );
      } else {
        const known = all.length - added;
        const there = known === 0 ? '' : `; ${known} ${known === 1 ? 'was' : 'were'} there already`;
        terminal.out(`${printableLine(to)}: ${plural(added, 'interaction')} added${there}\n`);
        for (const [index, { lost }] of imported.entries()) {
          if (lost.length > 0) {
            const lines = lostLines(lost).join('\n');
            terminal.out(`Not carried over from ${printableLine(files[index] as string)}:\n${lines}\n`);
          }
        }
      }
      finish(EXIT.done);
    });

function read(file: string, { cwd }: Terminal): Uint8Array {
  try {
    const path = resolve(cwd, file);
    const found = statSync(path).isDirectory() ? join(path, IN_FOLDER) : path;
    const { size } = statSync(found);
    if (size > MAX_FILE) {
      throw new Error(`it has ${size} bytes, more than ${MAX_FILE}. Split it`);
    }
    return readFileSync(found);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const problem = code === 'ENOENT' ? 'the file does not exist' : message;
    throw new CommandError(`cannot read ${file}: ${problem}.`, { cause });
  }
}

/**
 * Nothing is written where there are none at all.
 *
 * @returns How many of them were not there.
 */
async function add(path: string, interactions: readonly Interaction[]): Promise<number> {
  const read = new JsonFileCassetteStore(path, { createIfMissing: true });
  const { size } = await read.load();
  if (interactions.length === 0) {
    return 0;
  }
  // One that has not read the file compares with what it holds: what is there already is not added.
  const store = new JsonFileCassetteStore(path);
  await store.save(new Cassette(interactions));
  await store.flush();
  return (await read.load()).size - size;
}
