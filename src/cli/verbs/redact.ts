import { Command } from 'commander';
import { Cassette } from '../../core/cassette.js';
import { printableLine } from '../../core/printable.js';
import { cassetteAt, readCassette, storeOf } from '../cassettes.js';
import { EXIT } from '../exit-codes.js';
import { plural } from '../plural.js';
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
      const addresses = given.map((one) => cassetteAt(one, terminal));
      if (addresses.length > 1) {
        // Where one of them cannot be read, none is changed. They are not kept: all together may be more than fits.
        for (const address of addresses) {
          await readCassette(address);
        }
      }
      for (const address of addresses) {
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
