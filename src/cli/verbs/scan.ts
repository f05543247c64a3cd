import { Command } from 'commander';
import { InvalidOptionError } from '../../core/errors.js';
import type { Interaction } from '../../core/interaction.js';
import { printableLine } from '../../core/printable.js';
import { scanText } from '../../formats/scan-text.js';
import { loadScanner, type Scanner } from '../../stores/secretlint.js';
import { cassetteAt, readCassette, shownCassette } from '../cassettes.js';
import { EXIT } from '../exit-codes.js';
import { plural } from '../plural.js';
import type { Verb } from '../program.js';
import type { Told } from '../progress.js';
import { redactedInteractions } from '../redacted.js';
import type { Terminal } from '../terminal.js';

/** A secret that stands in a cassette: where, and who says so. Never the value itself. */
interface FoundSecret {
  readonly cassette: string;
  /** The interaction's, as `ls` counts. */
  readonly number: number;
  /** Such as `request.headers x-api-key`. */
  readonly place: string;
  /** `redaction`, or the rule of secretlint. */
  readonly rule: string;
}

/** `interposition scan`: do cassettes hold secrets? */
export const scan: Verb = (terminal, finish) =>
  new Command('scan')
    .description(
      'Look for secrets in cassettes: for what recording would replace, and with secretlint where it is installed. ' +
        'Exits with 1 where it finds any.',
    )
    .argument('<cassettes...>', 'their files or addresses')
    .option('--json', 'print JSON')
    .action(async (given: readonly string[], { json }: { json?: boolean }) => {
      let scanner: Promise<Scanner | undefined> | undefined;
      const found: FoundSecret[] = [];
      for (const one of given) {
        const address = cassetteAt(one, terminal);
        const { interactions } = await readCassette(address);
        // Where there is nothing to scan, nothing need be said of it.
        scanner ??= scannerIfInstalled(terminal);
        const scan = await scanner;
        found.push(
          ...(await terminal.progress('scanning', interactions.length, (told) =>
            secretsIn(shownCassette(one, address), interactions, scan, told),
          )),
        );
      }
      if (json) {
        terminal.out(`${JSON.stringify(found, null, 2)}\n`);
      } else {
        for (const { cassette, number, place, rule } of found) {
          terminal.out(`${printableLine(`${cassette}: interaction ${number}, ${place} (${rule})`)}\n`);
        }
        terminal.out(`${plural(found.length, 'secret')} in ${plural(given.length, 'cassette')}\n`);
      }
      finish(found.length === 0 ? EXIT.done : EXIT.found);
    });

async function scannerIfInstalled(terminal: Terminal): Promise<Scanner | undefined> {
  try {
    return await loadScanner();
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) {
      throw error;
    }
    terminal.err(`interposition: ${error.message}; until then only the library's own rules are applied.\n`);
    return undefined;
  }
}

async function secretsIn(
  cassette: string,
  interactions: readonly Interaction[],
  scanner: Scanner | undefined,
  told: Told,
): Promise<FoundSecret[]> {
  const found: FoundSecret[] = [];
  for (const [index, { interaction, places }] of redactedInteractions(interactions).entries()) {
    const number = index + 1;
    found.push(...places.map((place) => ({ cassette, number, place, rule: 'redaction' })));
    told(number);
    if (scanner !== undefined) {
      const { text, placeAt } = scanText(interaction);
      const rules = new Map(
        (await scanner(text)).map(({ rule, offset }) => [
          `${placeAt(offset).part} ${rule}`,
          { rule, offset },
        ]),
      );
      for (const { rule, offset } of rules.values()) {
        found.push({ cassette, number, place: placeAt(offset).part, rule });
      }
    }
  }
  return found;
}
