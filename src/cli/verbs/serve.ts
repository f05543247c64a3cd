import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Command, InvalidArgumentError } from 'commander';
import { Broker } from '../../broker.js';
import { describe } from '../../core/errors.js';
import { printable, printableLine } from '../../core/printable.js';
import { headOf } from '../../core/stored-interaction.js';
import { CASSETTE_ARGUMENT, cassetteAt, readCassette } from '../cassettes.js';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-codes.js';
import { optionsInForce } from '../options-in-force.js';
import { plural } from '../plural.js';
import type { Verb } from '../program.js';
import { replayServer } from '../replay-server.js';

interface Flags {
  readonly port: number;
  readonly host: string;
  readonly origin?: string;
  readonly cors?: boolean;
}

/** `interposition serve`: a cassette as an HTTP server. */
export const serve: Verb = (terminal, finish) =>
  new Command('serve')
    .description(
      'Answer from a cassette over HTTP, for programs in other languages and for front ends. It ends with SIGINT or ' +
        'SIGTERM.',
    )
    .argument(...CASSETTE_ARGUMENT)
    .option('--port <number>', 'where to listen; 0 takes a free port', port, 8080)
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--origin <url>', 'the recorded origin that is asked for, where the cassette has several', origin)
    .option('--cors', 'let pages of every origin read the answers')
    .action(async (given: string | undefined, flags: Flags) => {
      const address = cassetteAt(given, terminal);
      const cassette = await readCassette(address);
      const { match = {}, vary, redact, playback = 'sequence', latency } = optionsInForce();
      const broker = new Broker(cassette, { match, vary, redact, playback, latency });
      const origins = new Set(cassette.entries.map((entry) => originOf(headOf(entry).target)));
      origins.delete(undefined);
      const server = replayServer(broker, origins as Set<string>, {
        origin: flags.origin,
        cors: flags.cors ?? false,
        told: (outcome, request) => terminal.err(`${outcome} ${printable(request)}\n`),
      });
      try {
        server.listen(flags.port, flags.host);
        await once(server, 'listening');
      } catch (error) {
        throw new CommandError(`cannot listen on ${flags.host}:${flags.port}: ${describe(error)}`, {
          cause: error,
        });
      }
      const { port: listening } = server.address() as AddressInfo;
      const host = flags.host.includes(':') ? `[${flags.host}]` : flags.host;
      const what = printableLine(`${address.location}, ${plural(cassette.size, 'interaction')}`);
      terminal.out(`http://${host}:${listening} answers from ${what}\n`);
      await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
      server.close();
      server.closeAllConnections();
      finish(EXIT.done);
    });

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new InvalidArgumentError('It is a number from 0 to 65535.');
  }
  return Number(text);
}

function origin(text: string): string {
  if (!/^https?:/.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError('It is a URL, such as https://api.example.com.');
  }
  return new URL(text).origin;
}

function originOf(target: string): string | undefined {
  return URL.canParse(target) ? new URL(target).origin : undefined;
}
