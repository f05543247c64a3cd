import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { printableLine } from '../../core/printable.js';
import { FORMAT_NAMES, type FormatName, importFile } from '../../formats/import/read-file.js';
import { addedLine, addTo } from '../added.js';
import { cassetteAt, shownCassette } from '../cassettes.js';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-codes.js';
import { lostLines } from '../lost-lines.js';
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
      const address = cassetteAt(to, terminal);
      const given = imported.flatMap(({ interactions }) => interactions);
      const all = await terminal.progress('importing', given.length, (told) =>
        redactedInteractions(given, told),
      );
      const added = await addTo(
        address,
        all.map(({ interaction }) => interaction),
      );
      if (json) {
        const lost = imported.flatMap((one) => one.lost);
        terminal.out(
          `${JSON.stringify({ cassette: address.location, imported: all.length, added, notCarriedOver: lost }, null, 2)}\n`,
        );
      } else {
        terminal.out(addedLine(shownCassette(to, address), added, all.length));
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
    const { code, path, message } = cause as NodeJS.ErrnoException;
    const missing =
      path === resolve(cwd, file) ? 'the file does not exist' : `it is a folder without a ${IN_FOLDER}`;
    const problem = code === 'ENOENT' ? missing : message;
    throw new CommandError(`cannot read ${file}: ${problem}.`, { cause });
  }
}
