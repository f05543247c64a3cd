import { Command } from 'commander';
import type { Interaction } from '../../core/interaction.js';
import { printableLine } from '../../core/printable.js';
import { readResponse } from '../../http/response.js';
import { CASSETTE_ARGUMENT, cassetteAt, readCassette } from '../cassettes.js';
import { EXIT } from '../exit-codes.js';
import type { Verb } from '../program.js';

/** An interaction as `ls --json` gives it. */
interface Listed {
  /** From 1, in the order of the file. */
  readonly number: number;
  readonly action: string;
  readonly target: string;
  /** Undefined where the exchange ended before a status had arrived. */
  readonly status: number | undefined;
  /** Of the response's body, as it came over the wire. */
  readonly bytes: number;
  readonly ended: 'whole' | 'truncated' | 'failed';
  readonly recordedAt: string | undefined;
  readonly session: string;
  readonly fingerprint: string;
}

/** `interposition ls`: what a cassette holds. */
export const ls: Verb = (terminal, finish) =>
  new Command('ls')
    .description('List the interactions of a cassette.')
    .argument(...CASSETTE_ARGUMENT)
    .option('--json', 'print JSON')
    .action(async (given: string | undefined, { json }: { json?: boolean }) => {
      const { interactions } = await readCassette(cassetteAt(given, terminal));
      const all = interactions.map(listed);
      if (json) {
        terminal.out(`${JSON.stringify(all, null, 2)}\n`);
      } else {
        const width = String(all.length).length;
        for (const one of all) {
          const status = one.status === undefined ? ' - ' : String(one.status);
          const ending = one.ended === 'whole' ? '' : terminal.style('yellow', ` (${one.ended})`);
          const number = terminal.style('dim', String(one.number).padStart(width));
          terminal.out(`${number} ${status} ${printableLine(`${one.action} ${one.target}`)}${ending}\n`);
        }
      }
      finish(EXIT.done);
    });

function listed(interaction: Interaction, index: number): Listed {
  const { request, recording, fingerprint } = interaction;
  const { head, body } = readResponse(interaction);
  return {
    number: index + 1,
    action: request.action,
    target: request.target,
    status: head?.statusCode,
    bytes: body.reduce((sum, { byteLength }) => sum + byteLength, 0),
    ended: recording.failure !== undefined ? 'failed' : recording.truncated ? 'truncated' : 'whole',
    recordedAt:
      recording.recordedAtMs === undefined ? undefined : new Date(recording.recordedAtMs).toISOString(),
    session: recording.session,
    fingerprint,
  };
}
