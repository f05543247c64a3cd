import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { DEFAULT_CASSETTE } from '../../cassette-name.js';
import { checkedOptions, checkMembers } from '../../checked-options.js';
import { configInForce } from '../../config/config.js';
import type { BrokerMode } from '../../core/errors.js';
import { printableLine } from '../../core/printable.js';
import { environmentOptions } from '../../options.js';
import { namedCassette } from '../cassettes.js';
import { CommandError } from '../command-error.js';
import { EXIT } from '../exit-codes.js';
import { plural } from '../plural.js';
import type { Verb } from '../program.js';
import { lineCount, readReportSince, type Summary } from '../reports.js';
import { runProgram } from '../run-program.js';

interface Flags {
  readonly cassette?: string;
  readonly option: Readonly<Record<string, unknown>>;
}

const PURPOSES: Readonly<Record<BrokerMode, string>> = {
  record: 'Run a program and record what it asks over HTTP; what was recorded before is made anew.',
  replay: 'Run a program and answer what it asks over HTTP from the cassette; nothing is sent.',
  auto: 'Run a program; what is in the cassette is answered from it, the rest is sent and recorded.',
};

/** `interposition record`, `replay` and `auto`: run a program, and what it starts, in a mode. */
export function run(mode: BrokerMode): Verb {
  return (terminal, finish) =>
    new Command(mode)
      .description(
        `${PURPOSES[mode]} Every Node program that it starts takes part: npm scripts, test runners, their workers. ` +
          'Exits as the program does; with 2 where it could not be run, or ran no Node.',
      )
      .argument('<command...>', 'the program and its arguments, best behind --')
      .option(
        '--cassette <place>',
        "the cassette's file or address (default: $INTERPOSITION_CASSETTE, else the program's or the config file's, else __cassettes__/default.json)",
        cassette,
      )
      .option(
        '--option <name=value>',
        'an option as in code, its value as JSON or as text; may be repeated',
        option,
        {},
      )
      .passThroughOptions()
      .action(async (command: readonly string[], { cassette: place, option: given }: Flags) => {
        const folder = mkdtempSync(join(tmpdir(), 'interposition-'));
        try {
          const own = join(folder, 'report');
          const wanted = terminal.env['INTERPOSITION_REPORT'];
          const report = wanted ? resolve(terminal.cwd, wanted) : own;
          // Also for what it starts in folders that lead to no config file. What is wrong in it, nothing need be run to see.
          configInForce();
          const options = { ...environmentOptions(), ...given };
          checkMembers(options);
          const named = namedCassette(place, terminal);
          const before = lineCount(report);
          const { code, signal } = await runProgram(command, terminal, {
            INTERPOSITION_MODE: mode,
            ...(named === undefined ? {} : { INTERPOSITION_CASSETTE: named.text }),
            INTERPOSITION_DEFAULT_CASSETTE: resolve(terminal.cwd, DEFAULT_CASSETTE),
            INTERPOSITION_OPTIONS: JSON.stringify(options),
            INTERPOSITION_REPORT: report,
          });
          const summary = readReportSince(report, before);
          if (summary !== undefined) {
            terminal.err(`interposition: ${summaryText(mode, summary)}\n`);
          } else if (signal === null) {
            const problem = `${printableLine(command[0] as string)} has run no Node program that this could take part in: it is none, or it clears NODE_OPTIONS.`;
            if (code === 0) {
              throw new CommandError(problem);
            }
            terminal.err(`interposition: ${problem}\n`);
          }
          if (signal !== null) {
            rmSync(folder, { recursive: true, force: true });
            process.kill(process.pid, signal);
          }
          finish(code ?? EXIT.failed);
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      });
}

function cassette(place: string): string {
  if (place === '--') {
    throw new CommandError('--cassette is followed by no cassette.');
  }
  return place;
}

function option(text: string, before: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const [, name, value] = /^([A-Za-z]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) {
    throw new InvalidArgumentError('It is written as name=value.');
  }
  const options = { [name]: jsonOrText(value) };
  checkedOptions(options, { whole: '--option', place: (wrong) => `--option ${wrong}`, others: [] });
  return { ...before, ...options };
}

function jsonOrText(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function summaryText(
  mode: BrokerMode,
  { processes, killed, hits, misses, live, passed, notBrokered, cassettes }: Summary,
): string {
  const counts = [
    mode === 'record' ? '' : plural(hits, 'HIT'),
    mode === 'replay' ? plural(misses.length, 'MISS', 'MISSes') : `${live.length} sent and recorded`,
    passed.length > 0 ? `${passed.length} passed through` : '',
    notBrokered.length > 0 ? `${notBrokered.length} not brokered` : '',
  ].filter((text) => text !== '');
  const sole = cassettes.length === 1 ? cassettes[0]?.location : undefined;
  const where = printableLine(sole ?? plural(cassettes.length, 'cassette'));
  const note =
    killed === 0
      ? ''
      : `, ${killed} did not end by ${killed === 1 ? 'itself' : 'themselves'}: what was open is lost`;
  return `${mode}: ${counts.join(', ')}; ${where}; ${plural(processes, 'process', 'processes')}${note}`;
}
