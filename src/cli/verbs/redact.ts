import { Command } from 'commander';
import { Cassette } from '../../core/cassette.js';
import { JsonFileCassetteStore } from '../../stores/json-file.js';
import { cassettePath } from '../cassette-file.js';
import { EXIT } from '../exit-codes.js';
import { plural } from '../plural.js';
import { printableLine } from '../printable.js';
import type { Verb } from '../program.js';
import { redactedInteractions } from '../redacted.js';

/** `interposition redact`: takes the secrets out of cassettes that have them. */
export const redact: Verb = (terminal, finish) =>
  new Command('redact')
    .description(
      'Replace what looks like a secret in cassettes that were recorded already, in place, under the redaction that ' +
        'is in force. Secrets that were published stay published: revoke them, and mind the history of the repository.',
    )
    .argument('<cassettes...>', 'the files')
    .action(async (given: readonly string[]) => {
      for (const path of given.map((one) => cassettePath(one, terminal))) {
        const store = new JsonFileCassetteStore(path);
        const before = await store.load();
        const all = redactedInteractions(before.interactions);
        const changed = all.filter(({ places }) => places.length > 0);
        if (changed.length > 0) {
          await store.save(new Cassette(all.map(({ interaction }) => interaction)), before);
          await store.flush();
        }
        terminal.out(
          `${printableLine(path)}: ${plural(changed.length, 'interaction')} of ${all.length} redacted\n`,
        );
      }
      finish(EXIT.done);
    });
