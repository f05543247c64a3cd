import { resolve } from 'node:path';
import { Command } from 'commander';
import { printableLine } from '../../core/printable.js';
import { exportHar } from '../../formats/export/har.js';
import { targetOf } from '../../stores/atomic-file.js';
import { cassetteAt, readCassette, shownCassette } from '../cassettes.js';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-codes.js';
import { lostLines } from '../lost-lines.js';
import { ownVersion } from '../own-version.js';
import { plural } from '../plural.js';
import type { Verb } from '../program.js';
import { writeWhole } from '../written-file.js';

/** `interposition export`: a cassette as an HTTP Archive. */
export const exportCassette: Verb = (terminal, finish) =>
  new Command('export')
    .description(
      'Write a cassette as a HAR 1.2 file, for browsers and other tools. What HAR has no place for is listed; ' +
        '"interposition import" finds most of it again in fields of its own.',
    )
    .argument('<cassette>', 'its file or address')
    .requiredOption('--to <file>', 'the HAR file, which is replaced where it is there; - for stdout')
    .option('--json', 'print what is listed as JSON')
    .action(async (given: string, { to, json }: { readonly to: string; readonly json?: boolean }) => {
      const address = cassetteAt(given, terminal);
      const file = resolve(terminal.cwd, to);
      if (to !== '-' && address.kind === 'file' && targetOf(file) === targetOf(address.location)) {
        throw new CommandError(`--to ${to} is the cassette itself. Give another file.`);
      }
      const { interactions } = await readCassette(address);
      const { har, lost } = await terminal.progress('exporting', interactions.length, (told) =>
        exportHar(interactions, ownVersion(), told),
      );
      const text = printed(har, shownCassette(given, address));
      const say = (said: string) => (to === '-' ? terminal.err(said) : terminal.out(said));
      if (to === '-') {
        terminal.out(text);
      } else {
        await writeWhole(file, to, text);
      }
      const count = har.log.entries.length;
      if (json) {
        say(`${JSON.stringify({ file: to, exported: count, notCarriedOver: lost }, null, 2)}\n`);
      } else {
        say(`${printableLine(to)}: ${plural(count, 'interaction')} exported\n`);
        if (lost.length > 0) {
          say(`What HAR has no place for:\n${lostLines(lost).join('\n')}\n`);
        }
      }
      finish(EXIT.done);
    });

function printed(har: object, shown: string): string {
  try {
    return `${JSON.stringify(har, null, 2)}\n`;
  } catch (cause) {
    const hint = 'Node has no text that is so long. Export a cassette with a part of it.';
    throw new CommandError(`${shown} is too large for one HAR file: ${hint}`, { cause });
  }
}
