import { spawn } from 'node:child_process';
import { describe } from '../core/errors.js';
import { CommandError } from './command-error.js';
import type { Terminal } from './terminal.js';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** They end a program; who sends them to the command means the program. */
const PASSED_ON: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/**
 * Runs a program with the preload in every Node process that it starts. Signals go on to it.
 *
 * @throws CommandError where it cannot be started.
 */
export async function runProgram(
  [command = '', ...args]: readonly string[],
  { cwd, env }: Terminal,
  settings: Readonly<Record<string, string>>,
): Promise<Ended> {
  // An absolute URL: the program may start others in other folders.
  const register = new URL('../register.js', import.meta.url).href;
  const nodeOptions = [env['NODE_OPTIONS'], `--import=${register}`].filter(Boolean).join(' ');
  const child = spawn(command, args, {
    cwd,
    env: { ...env, ...settings, NODE_OPTIONS: nodeOptions },
    stdio: 'inherit',
  });
  const passOn = (signal: NodeJS.Signals) => {
    // A terminal sends Ctrl-C to the program as well.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) {
      child.kill(signal);
    }
  };
  for (const signal of PASSED_ON) {
    process.on(signal, passOn);
  }
  try {
    return await new Promise<Ended>((resolve, reject) => {
      child.on('error', (cause) =>
        reject(new CommandError(`cannot run ${command}: ${describe(cause)}`, { cause })),
      );
      child.on('exit', (code, signal) => resolve({ code, signal }));
    });
  } finally {
    for (const signal of PASSED_ON) {
      process.off(signal, passOn);
    }
  }
}
