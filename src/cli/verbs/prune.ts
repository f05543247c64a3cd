import { Command } from 'commander';
import { Cassette } from '../../core/cassette.js';
import { printableLine } from '../../core/printable.js';
import { recordingId } from '../../report-file.js';
import { loadIfThere, reportedCassette, storeOf } from '../cassettes.js';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-codes.js';
import { plural } from '../plural.js';
import type { Verb } from '../program.js';
import { readRun } from '../reports.js';

/** `interposition prune`: drops the recordings that no run has used. */
export const prune: Verb = (terminal, finish) =>
  new Command('prune')
    .description(
      'Remove the recordings that no request has used, going by reports of whole runs. A cassette that no report ' +
        'names is left alone.',
    )
    .requiredOption(
      '--used <report...>',
      'the files that INTERPOSITION_REPORT named; those of all shards together',
    )
    .action(async ({ used }: { used: readonly string[] }) => {
      const { cassettes, killed, processes } = readRun(used, terminal.cwd);
      if (killed > 0) {
        throw new CommandError(
          `${killed} of ${plural(processes, 'process', 'processes')} did not end by themselves, so the reports may lack some of what was used. Nothing was changed.`,
        );
      }
      for (const { location, used: ids } of cassettes.filter(({ replayed }) => replayed)) {
        const address = reportedCassette(location, terminal);
        const store = await storeOf(address);
        const before = await loadIfThere(store, address);
        if (before === undefined) {
          continue;
        }
        const kept = before.interactions.filter((interaction) => ids.has(recordingId(interaction)));
        if (kept.length < before.size) {
          await store.save(new Cassette(kept), before);
        }
        await store.flush?.();
        const removed = before.size - kept.length;
        terminal.out(
          `${printableLine(location)}: ${plural(removed, 'interaction')} of ${before.size} removed\n`,
        );
      }
      finish(EXIT.done);
    });
