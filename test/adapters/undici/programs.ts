import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrokerMode } from '../../../src/index.js';
import { HANG_MS } from '../../support/hang.js';
import { registerUrl, repoRoot } from '../../support/paths.js';

const folder = mkdtempSync(join(tmpdir(), 'adapter-programs-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
let cassettes = 0;

export function newCassette(): string {
  return join(folder, `${++cassettes}.json`);
}

export interface Ran {
  /** What the program printed, read as JSON; its output on stderr where that is none. */
  readonly printed: unknown;
  readonly stderr: string;
}

/** Runs a program of fixtures/programs/adapter: without the library, or with the preload. */
export function runProgram(
  name: string,
  args: readonly string[],
  preload?: { readonly mode: BrokerMode; readonly cassette: string },
  environment: Record<string, string> = {},
): Promise<Ran> {
  const file = join(repoRoot, 'fixtures/programs/adapter', name);
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const env = {
    ...inherited,
    ...environment,
    ...(preload && { INTERPOSITION_MODE: preload.mode, INTERPOSITION_CASSETTE: preload.cassette }),
  };
  const flags = ['--no-warnings', ...(preload ? ['--import', registerUrl] : []), file, ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, flags, { env, timeout: HANG_MS }, (_error, stdout, stderr) => {
      let printed: unknown = stderr || stdout;
      try {
        printed = JSON.parse(stdout);
      } catch {}
      resolve({ printed, stderr });
    });
  });
}
