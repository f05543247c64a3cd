import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { HANG_MS } from '../support/hang.js';
import { installPackages } from '../support/npm-folder.js';
import { bundledFolder, repoRoot } from '../support/paths.js';
import { tempFolder } from '../support/temp-folder.js';

const folder = join(repoRoot, 'fixtures/runners');
const OWN_VARIABLES = /^(?:INTERPOSITION_.*|CI|NODE_OPTIONS|NODE_DEBUG|NODE_TEST_CONTEXT|FORCE_COLOR)$/;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

/** Vitest 5 needs Node 22.12; Node 20 runs the last 4. */
const vitestFolder = major > 22 || (major === 22 && minor >= 12) ? folder : join(folder, 'vitest4');

/** Installs the runners; gives why they are not there, or undefined where they are. */
export function installRunners(): string | undefined {
  return installPackages(folder) ?? (vitestFolder === folder ? undefined : installPackages(vitestFolder));
}

export interface Outcome {
  readonly code: number | null;
  /** What it printed, on both streams, without colours. */
  readonly output: string;
  /** What the tests noted, a line each, sorted. */
  readonly seen: readonly string[];
}

/** A copy of a sample project, with its runner and this library installed. */
export class Project {
  readonly folder: string;
  readonly #seen: string;

  constructor(sample: string) {
    this.folder = join(tempFolder(), sample);
    this.#seen = join(this.folder, 'seen.jsonl');
    cpSync(join(folder, 'samples', sample), this.folder, { recursive: true });
    cpSync(join(folder, 'samples/client.js'), join(this.folder, 'client.js'));
    const modules = join(this.folder, 'node_modules');
    mkdirSync(modules);
    for (const name of ['jest', 'jest-environment-node', 'mocha', 'undici', 'uvu']) {
      symlinkSync(join(folder, 'node_modules', name), join(modules, name), 'junction');
    }
    symlinkSync(join(vitestFolder, 'node_modules/vitest'), join(modules, 'vitest'), 'junction');
    // Copied: what a link leads to is not in node_modules, and a runner would transform it.
    cpSync(bundledFolder, join(modules, 'interposition/dist'), {
      recursive: true,
      filter: (path) => !path.endsWith('.map'),
    });
    cpSync(join(repoRoot, 'package.json'), join(modules, 'interposition/package.json'));
    for (const name of ['superjson', 'copy-anything']) {
      cpSync(join(repoRoot, 'node_modules', name), join(modules, name), { recursive: true });
    }
  }

  /** Runs Node in the project. */
  run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Outcome> {
    writeFileSync(this.#seen, '');
    const inherited = Object.entries(process.env).filter(([name]) => !OWN_VARIABLES.test(name));
    const child = spawn(process.execPath, [...args], {
      cwd: this.folder,
      env: { ...Object.fromEntries(inherited), NO_COLOR: '1', SEEN: this.#seen, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: HANG_MS,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        const seen = readFileSync(this.#seen, 'utf8').split('\n').filter(Boolean).sort();
        resolve({ code, output, seen });
      });
    });
  }

  /** The cassettes under a folder of the project, by their paths in it, sorted. */
  cassettes(under: string): string[] {
    const path = join(this.folder, '__cassettes__', under);
    const entries = existsSync(path) ? readdirSync(path, { recursive: true, encoding: 'utf8' }) : [];
    return entries.filter((entry) => entry.endsWith('.json')).sort();
  }
}

export interface Api {
  readonly url: string;
  readonly requests: number;
  close(): Promise<void>;
}

/** An API that answers each request with another number. */
export async function startApi(): Promise<Api> {
  let requests = 0;
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ count: ++requests }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
