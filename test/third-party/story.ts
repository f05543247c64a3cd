import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { registerUrl } from '../support/paths.js';
import { newFolder } from '../support/ways-in.js';
import { type ApiServers, cleanEnvironment } from './api-servers.js';
import type { Json } from './compare.js';
import { folder } from './packages.js';

const PROGRAM_TIMEOUT_MS = 240_000;

/** What one run of a program showed. */
export interface Run {
  /** By client, by scenario. */
  readonly seen: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  /** Warnings of the process, unhandled rejections, uncaught exceptions. */
  readonly noticed: Json;
  /** What kept the process alive when all work was done, by the kinds of Node's `getActiveResourcesInfo`. */
  readonly left: readonly string[];
  /** Did it live on, until after a marker that came some seconds after its work? */
  readonly outlived: boolean;
  readonly stderr: string;
}

/** One program live, recorded, and replayed from what was recorded, without the servers. */
export interface Story {
  readonly live: Run;
  readonly record: Run;
  readonly replay: Run;
  /** How many requests reached the servers while it was recorded. */
  readonly recorded: number;
  /** How many connections replay tried to open. */
  readonly connectionsInReplay: number;
}

/** Runs a program of these clients three times, each against APIs of its own. */
export async function tell(
  clients: readonly { readonly name: string; readonly api: string }[],
  servers: ApiServers,
): Promise<Story> {
  const open = async () =>
    Promise.all(clients.map(async ({ name, api }) => [name, await servers.open(api)] as const));
  const sum = async (ask: (url: string) => Promise<number>) => {
    const counts = await Promise.all(recorded.map(([, url]) => ask(url)));
    return counts.reduce((all, count) => all + count, 0);
  };
  const cassette = join(newFolder(), 'cassette.json');
  const recorded = await open();
  const live = await runProgram(await open(), {});
  const record = await runProgram(recorded, { mode: 'record', cassette });
  const requests = await sum(servers.requests);
  await Promise.all(recorded.map(([, url]) => servers.leave(url)));
  const replay = await runProgram(recorded, { mode: 'replay', cassette });
  return {
    live,
    record,
    replay,
    recorded: requests,
    connectionsInReplay: await sum(servers.connectionsWhenGone),
  };
}

interface Preload {
  readonly mode?: 'record' | 'replay';
  readonly cassette?: string;
}

function runProgram(clients: readonly (readonly [string, string])[], preload: Preload): Promise<Run> {
  const { mode, cassette } = preload;
  const flags = mode === undefined ? [] : ['--import', registerUrl];
  const env = {
    ...cleanEnvironment(),
    ...(mode !== undefined && { INTERPOSITION_MODE: mode, NODE_DEBUG: 'interposition' }),
    ...(cassette !== undefined && { INTERPOSITION_CASSETTE: cassette }),
  };
  const report = join(newFolder(), 'report.json');
  const pairs = clients.map(([name, url]) => `${name}=${url}`);
  const child = spawn(process.execPath, [...flags, join(folder, 'run.mjs'), report, ...pairs], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), PROGRAM_TIMEOUT_MS);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      const what = `${clients.map(([name]) => name).join(', ')}, ${mode ?? 'live'}`;
      if (code === 0) resolve({ ...JSON.parse(readFileSync(report, 'utf8')), stderr });
      else reject(new Error(`${what}: ended with ${signal ?? code}\n${stderr}`));
    });
  });
}
