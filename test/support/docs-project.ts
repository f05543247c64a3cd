import { spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { json as readJson } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { FrameReader, serverFrame } from '../../src/websocket/frames.js';
import { HANG_MS } from './hang.js';
import { bundledFolder, repoRoot } from './paths.js';

/** The address of the API in the pages; the real one takes its place when a block runs. */
const DOCUMENTED_URL = 'http://localhost:3000';
const DOCUMENTED_FOLDER = '/home/ada/app';

export interface Outcome {
  readonly code: number | null;
  /** What the program printed on both streams, in its order, with the address and the folder of the pages. */
  readonly output: string;
}

/** A project in which the blocks of one page run, one after the other, with the library installed and an API up. */
export class DocsProject {
  readonly #folder: string;
  readonly #api: Api;

  private constructor(folder: string, api: Api) {
    this.#folder = folder;
    this.#api = api;
  }

  static async create(): Promise<DocsProject> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'interposition-docs-')));
    const library = join(folder, 'node_modules', 'interposition');
    await mkdir(library, { recursive: true });
    const manifest = JSON.parse(readFileSync(join(repoRoot, 'package.json'), 'utf8')) as { exports: object };
    const { exports } = manifest;
    await writeFile(
      join(library, 'package.json'),
      JSON.stringify({ name: 'interposition', type: 'module', exports }),
    );
    await symlink(bundledFolder, join(library, 'dist'), 'junction');
    await symlink(
      join(repoRoot, 'node_modules', 'undici'),
      join(folder, 'node_modules', 'undici'),
      'junction',
    );
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    return new DocsProject(folder, await Api.start());
  }

  async remove(): Promise<void> {
    await this.#api.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async write(name: string, content: string): Promise<void> {
    await writeFile(join(this.#folder, name), content.replaceAll(DOCUMENTED_URL, this.#api.url));
  }

  read(name: string): string {
    return this.#asDocumented(readFileSync(join(this.#folder, name), 'utf8'));
  }

  /** Runs a command line; in `offline`, while the API refuses every connection. */
  async run(command: string, { offline }: { readonly offline: boolean }): Promise<Outcome> {
    const log = join(this.#folder, '.output');
    const output = openSync(log, 'w');
    this.#api.offline = offline;
    // One file for both streams, so that their order is the program's.
    const child = spawn(command, {
      shell: true,
      cwd: this.#folder,
      env: cleanEnvironment(),
      stdio: ['ignore', output, output],
      timeout: HANG_MS,
      killSignal: 'SIGKILL',
    });
    closeSync(output);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output: this.#asDocumented(readFileSync(log, 'utf8')) };
  }

  #asDocumented(text: string): string {
    return text.replaceAll(this.#api.url, DOCUMENTED_URL).replaceAll(this.#folder, DOCUMENTED_FOLDER);
  }
}

/** The user's environment, without what would speak to the library, and with this Node as `node`. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^(?:INTERPOSITION_|NODE_|CI$)/.test(name)) {
      environment[name] = value;
    }
  }
  environment['PATH'] = `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`;
  return environment;
}

/** An answer that comes in three chunks. */
async function completion(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const data of ['{"delta":"An old"}', '{"delta":" pond"}', '[DONE]']) {
    response.write(`data: ${data}\n\n`);
    await setImmediate();
  }
  response.end();
}

/** The API of the pages. */
class Api {
  readonly url: string;
  offline = false;
  readonly #server: Server;
  #jobs = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket) => {
      if (this.offline) socket.destroy();
    });
    server.on('upgrade', (request, socket) => this.#greet(request, socket));
    server.on('request', (request, response) => {
      const json = (status: number, value: unknown, headers: Record<string, string | string[]> = {}) =>
        response
          .writeHead(status, { 'content-type': 'application/json', ...headers })
          .end(JSON.stringify(value));
      const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
      if (pathname === '/users' && request.method === 'POST') {
        return readJson(request).then((user) => json(201, { id: 7, ...(user as object) }));
      }
      request.resume();
      if (pathname === '/users') {
        return json(200, [{ id: 7, email: searchParams.get('email') }]);
      }
      switch (`${request.method} ${request.url}`) {
        case 'GET /users/7':
          return json(200, { id: 7, name: 'Ada' });
        case 'POST /login':
          return json(200, { ok: true }, { 'set-cookie': ['session=s3cret', 'theme=dark'] });
        case 'GET /job':
          return json(200, { state: ['queued', 'running', 'done'][this.#jobs++ % 3] });
        case 'GET /events':
          response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: one\n\n');
          return setImmediate().then(() => response.end('data: two\n\n'));
        case 'POST /v1/chat/completions':
          return completion(response);
        case 'GET /endless':
          return response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: one\n\n');
        default:
          return json(404, { error: 'not found' });
      }
    });
  }

  /** The WebSocket of the pages: welcomes who joins, and answers a close. */
  #greet({ headers }: IncomingMessage, socket: Duplex): void {
    const proof = hash(
      'sha1',
      `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
      'base64',
    );
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n' +
        `sec-websocket-accept: ${proof}\r\n\r\n`,
    );
    const reader = new FrameReader('client', undefined, (message) => {
      if (message.type === 'text') {
        const { join: name } = JSON.parse(Buffer.from(message.data).toString()) as { join: string };
        const data = new TextEncoder().encode(JSON.stringify({ welcome: name }));
        socket.write(serverFrame({ type: 'text', data }));
      } else if (message.type === 'close') {
        socket.end(serverFrame(message));
      }
    });
    socket.on('data', (bytes: Buffer) => reader.push(bytes)).on('error', () => {});
  }

  static async start(): Promise<Api> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Api(server);
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}
