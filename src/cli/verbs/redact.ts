import { Command } from 'commander';
import { Cassette } from '../../core/cassette.js';
import { cassetteAt, storeOf } from '../cassettes.js';
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
    .argument('<cassettes...>', 'their files or addresses')
    .action(async (given: readonly string[]) => {
      for (const address of given.map((one) => cassetteAt(one, terminal))) {
        const store = await storeOf(address);
        const before = await store.load();
        const all = await terminal.progress('redacting', before.size, (told) =>
          redactedInteractions(before.interactions, told),
        );
        const changed = all.filter(({ places }) => places.length > 0);
        if (changed.length > 0) {
          await store.save(new Cassette(all.map(({ interaction }) => interaction)), before);
        }
        await store.flush?.();
        terminal.out(
          `${printableLine(address.location)}: ${plural(changed.length, 'interaction')} of ${all.length} redacted\n`,
        );
      }
      finish(EXIT.done);
    });
