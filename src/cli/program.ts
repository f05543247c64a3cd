import { Command, CommanderError } from 'commander';
import { describe, InterpositionError } from '../core/errors.js';
import { printable } from '../core/printable.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import type { Terminal } from './terminal.js';
import { check } from './verbs/check.js';
import { copy } from './verbs/copy.js';
import { diff } from './verbs/diff.js';
import { exportCassette } from './verbs/export.js';
import { importRecordings } from './verbs/import.js';
import { ls } from './verbs/ls.js';
import { merge } from './verbs/merge.js';
import { prune } from './verbs/prune.js';
import { redact } from './verbs/redact.js';
import { repair } from './verbs/repair.js';
import { run } from './verbs/run.js';
import { scan } from './verbs/scan.js';
import { serve } from './verbs/serve.js';
import { show } from './verbs/show.js';
import { verify } from './verbs/verify.js';

/** Makes one of the commands. Its action gives the exit code to `finish`. */
export type Verb = (terminal: Terminal, finish: (code: number) => void) => Command;

const VERBS: readonly Verb[] = [
  run('record'),
  run('replay'),
  run('auto'),
  ls,
  show,
  diff,
  merge,
  scan,
  redact,
  repair,
  check,
  prune,
  verify,
  serve,
  importRecordings,
  exportCassette,
  copy,
];

/**
 * Runs the command `interposition`.
 *
 * @param args What follows its name.
 * @param version What `--version` says.
 * @returns The exit code. Never rejects: an error is one line on stderr, with its stack under `--verbose`.
 */
export async function runCommand(
  args: readonly string[],
  terminal: Terminal,
  version: string,
): Promise<number> {
  let code: number = EXIT.done;
  const program = new Command('interposition')
    .description('Record the HTTP that a Node program does, once, and replay it without a network.')
    .version(version)
    .enablePositionalOptions();
  for (const verb of VERBS) {
    program.addCommand(
      verb(terminal, (given) => {
        code = given;
      }),
    );
  }
  const commands = [program, ...program.commands];
  for (const command of commands) {
    command
      .option('--verbose', 'print the stack of an error')
      .exitOverride()
      .configureOutput({
        writeOut: (text) => terminal.out(text),
        writeErr: (text) => terminal.err(text),
        outputError: (text, write) => write(text.replace(/^error: /, 'interposition: ')),
      })
      .showHelpAfterError(`See interposition ${command === program ? '' : `${command.name()} `}--help.`);
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    const isVerbose = commands.some((command) => command.opts<{ verbose?: boolean }>().verbose);
    return failure(error, isVerbose, terminal);
  }
}

function failure(error: unknown, isVerbose: boolean, terminal: Terminal): ExitCode {
  if (error instanceof CommanderError) {
    // It has said already what is wrong; help and the version are no failure.
    return error.exitCode === 0 ? EXIT.done : EXIT.failed;
  }
  const isExpected = error instanceof InterpositionError;
  // A message may quote what a file says.
  const text = printable((isVerbose && error instanceof Error && error.stack) || describe(error));
  const hint =
    isExpected || isVerbose ? '' : '\nThat is a fault of interposition itself; --verbose says more.';
  terminal.err(`interposition: ${text}${hint}\n`);
  return EXIT.failed;
}
