import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Sample } from '../tasks/task.js';
import { plainEnvironment } from './plain-environment.js';

const run = promisify(execFile);
const program = fileURLToPath(new URL('program.js', import.meta.url));

/** Runs an empty program from its start to its end. */
export async function runProgram(
  imports: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<Sample> {
  const args = imports.flatMap((specifier) => ['--import', specifier]);
  const started = process.hrtime.bigint();
  const { stdout } = await run(process.execPath, [...args, program], {
    env: { ...plainEnvironment(), ...environment },
    timeout: 60_000,
  });
  return { clock: Number(process.hrtime.bigint() - started), cpu: Number(stdout) * 1000, heap: 0 };
}
