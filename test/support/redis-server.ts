import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { tempFolder } from './temp-folder.js';

/** Why a test has no Redis of its own here; undefined where it may have one. */
export const noRedisServer: string | undefined =
  spawnSync('redis-server', ['--version']).status === 0 ? undefined : 'redis-server is not installed';

const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) {
    child.kill('SIGKILL');
  }
});

/** A Redis of the test's own, which it may kill and start again on what is on the disk. */
export class OwnRedis {
  readonly port: number;
  readonly url: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(port: number, args: readonly string[]) {
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.#args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', tempFolder(), ...args];
  }

  /** @param args As on the command line of redis-server. */
  static async start(...args: readonly string[]): Promise<OwnRedis> {
    const server = new OwnRedis(await freePort(), args);
    await server.start();
    return server;
  }

  /** Starts it again. Resolves when it answers. */
  async start(): Promise<void> {
    const child = spawn('redis-server', [...this.#args], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    children.add(child);
    child.once('exit', () => children.delete(child));
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes('Ready to accept connections')) {
        break;
      }
    }
    child.stdout.resume();
  }

  /** Resolves when it is dead. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
  }
}

/** A port of this machine on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
