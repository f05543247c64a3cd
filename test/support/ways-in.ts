import { spawn } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cassette, type CassetteStore, JsonFileCassetteStore } from '../../src/index.js';
import { HANG_MS } from './hang.js';
import { libraryUrl, registerUrl, repoRoot } from './paths.js';

const OWN_VARIABLES = /^(?:INTERPOSITION_.*|CI|NODE_OPTIONS|NODE_DEBUG)$/;
for (const name of Object.keys(process.env).filter((key) => OWN_VARIABLES.test(key))) {
  delete process.env[name];
}

const folders: string[] = [];
process.on('exit', () => {
  process.chdir(tmpdir());
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** An empty folder that is gone when the process is. */
export function newFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ways-in-')));
  folders.push(folder);
  return folder;
}

export interface Api {
  readonly url: string;
  readonly requests: number;
  /** How often a path was asked for. */
  count(path: string): number;
  close(): Promise<void>;
}

/**
 * A small HTTP API. `/count/…` answers each path with 1, 2, 3, …; `/silent` and `/chatty` never end; `/redirect/…`
 * leads to `/count/…`; `/204`, `/304` and `/empty` have no body.
 */
export async function startApi(): Promise<Api> {
  const counts = new Map<string, number>();
  let requests = 0;
  const answer: RequestListener = (request, response) => {
    const path = request.url ?? '/';
    const count = (counts.get(path) ?? 0) + 1;
    counts.set(path, count);
    requests++;
    if (path.startsWith('/redirect/')) {
      response.writeHead(302, { location: path.replace('/redirect/', '/count/') }).end('moved');
    } else if (path === '/204' || path === '/304') {
      response.writeHead(Number(path.slice(1))).end();
    } else if (path === '/empty') {
      response.writeHead(200, { 'content-length': '0' }).end();
    } else if (path === '/silent') {
      response.write('first');
    } else if (path === '/chatty') {
      response.write('first');
      const timer = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(timer));
    } else {
      response.end(String(count));
    }
  };
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A test that fails before it closes its server is a failed test, and no process that never ends.
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get requests() {
      return requests;
    },
    count: (path) => counts.get(path) ?? 0,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export async function withApi<T>(use: (api: Api) => Promise<T>): Promise<T> {
  const api = await startApi();
  try {
    return await use(api);
  } finally {
    await api.close();
  }
}

export async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text();
}

/** What a function throws or its promise rejects with; fails where it does neither. */
export async function failureOf(work: () => unknown): Promise<Error & { cause?: unknown }> {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was expected to fail, and did not');
}

/** The work's own outcome, or a failure where it has not settled in time: a hang is then a failed test. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not settle within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs with variables in the environment; undefined stands for one that is not set. */
export async function withEnvironment<T>(
  variables: Record<string, string | undefined>,
  work: () => Promise<T>,
): Promise<T> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  setVariables(Object.entries(variables));
  try {
    return await work();
  } finally {
    setVariables(before);
  }
}

function setVariables(pairs: Iterable<readonly [string, string | undefined]>): void {
  for (const [name, value] of pairs) {
    if (value === undefined) {
      delete process.env[name];
    } else {
      process.env[name] = value;
    }
  }
}

/** What is written to stderr in the course of the work. */
export async function stderrDuring(work: () => Promise<unknown>): Promise<string> {
  const { write } = process.stderr;
  let text = '';
  process.stderr.write = (chunk: string | Uint8Array) => {
    text += String(chunk);
    return true;
  };
  try {
    await work();
  } finally {
    process.stderr.write = write;
  }
  return text;
}

export interface Deferred<T = void> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** A store whose saves are done when the gate opens. */
export class GatedStore implements CassetteStore {
  readonly location = 'the gated store';
  readonly gate = deferred();
  saved = new Cassette();
  readonly #asked = deferred();

  async load(): Promise<Cassette> {
    return this.saved;
  }

  async save(cassette: Cassette): Promise<void> {
    this.#asked.resolve();
    await this.gate.promise;
    this.saved = cassette;
  }

  /**
   * Waits until the first save is under way and, by way of an exchange of its own, until what could have gone on
   * without that save has gone on.
   */
  async reached(api: Api): Promise<void> {
    await this.#asked.promise;
    for (let round = 0; round < 3; round++) {
      await plainGet(`${api.url}/plain`);
    }
  }
}

/** A store that holds one thing and saves nothing. */
export class FailingStore implements CassetteStore {
  readonly location = 'the failing store';
  attempts = 0;

  async load(): Promise<Cassette> {
    return new Cassette();
  }

  async save(): Promise<void> {
    this.attempts++;
    throw new Error('no space left');
  }
}

/** Asks over a connection of its own, which no installation sees. */
async function plainGet(url: string): Promise<void> {
  const { host, hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.end(`GET ${pathname} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  await socket.toArray();
}

/** One recording, as a test looks at it. */
export interface Recorded {
  readonly target: string;
  readonly body: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What a cassette's file holds, in the file's order. */
export async function recordedIn(file: string): Promise<Recorded[]> {
  return recordingsOf(await new JsonFileCassetteStore(file).load());
}

export function recordingsOf({ interactions }: Cassette): Recorded[] {
  return interactions.map(({ request, responseChunks, metadata }) => ({
    target: request.target,
    body: Buffer.concat(responseChunks.map((chunk) => chunk.data)).toString(),
    metadata: Object.fromEntries(metadata),
  }));
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Options of Node. */
  readonly node?: readonly string[];
}

/** Runs a program of `fixtures/programs/ways-in` to its end. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(([name]) => !OWN_VARIABLES.test(name));
  const child = spawn(
    process.execPath,
    [...(options.node ?? []), join(repoRoot, 'fixtures/programs/ways-in', program), ...args],
    {
      cwd: options.cwd ?? newFolder(),
      env: { ...Object.fromEntries(inherited), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: HANG_MS,
      killSignal: 'SIGKILL',
    },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Runs a program under the preload. */
export function runPreloaded(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  return run(program, args, { ...options, node: ['--import', registerUrl, ...(options.node ?? [])] });
}

/** Runs a program that takes the library and its settings as JSON, and answers in JSON. */
export async function runWithLibrary<T>(
  program: string,
  settings: object,
  options: RunOptions = {},
): Promise<Ended & { readonly answer: T }> {
  const ended = await run(program, [JSON.stringify({ library: libraryUrl, ...settings })], options);
  if (ended.code !== 0) {
    throw new Error(`${program} ended with ${ended.code ?? ended.signal}: ${ended.stderr}`);
  }
  return { ...ended, answer: JSON.parse(ended.stdout) as T };
}

export const nodeMajor = Number(process.versions.node.split('.')[0]);

/** The npm undicis that load on this Node. */
export const undicis = ['undici6', 'undici', ...(nodeMajor >= 22 ? ['undici8'] : [])] as const;
