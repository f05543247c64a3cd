import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { HANG_MS } from './hang.js';
import { bundledFolder, repoRoot } from './paths.js';

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Below the project's folder. */
  readonly cwd?: string;
}

/** A user's project: the package is installed in it, with the files that are published and what it depends on. */
export class Project {
  readonly folder: string;

  constructor() {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), 'interposition-project-')));
    const modules = join(this.folder, 'node_modules');
    const installed = join(modules, 'interposition');
    mkdirSync(join(modules, '.bin'), { recursive: true });
    mkdirSync(installed);
    const manifest = JSON.parse(readFileSync(join(repoRoot, 'package.json'), 'utf8')) as {
      readonly files: readonly string[];
      readonly bin: Readonly<Record<string, string>>;
      readonly dependencies: Readonly<Record<string, string>>;
    };
    for (const file of ['package.json', ...manifest.files]) {
      const source = file === 'dist' ? bundledFolder : join(repoRoot, file);
      cpSync(source, join(installed, file), { recursive: true, filter: (path) => !path.endsWith('.map') });
    }
    for (const [name, file] of Object.entries(manifest.bin)) {
      chmodSync(join(installed, file), 0o755);
      symlinkSync(join(installed, file), join(modules, '.bin', name));
    }
    this.link(...Object.keys(manifest.dependencies));
    this.write('package.json', JSON.stringify({ private: true, type: 'module' }));
  }

  /** Makes packages of the repository's own there to be imported. */
  link(...packages: readonly string[]): void {
    for (const name of packages) {
      const place = join(this.folder, 'node_modules', name);
      mkdirSync(dirname(place), { recursive: true });
      symlinkSync(join(repoRoot, 'node_modules', name), place, 'junction');
    }
  }

  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  write(name: string, content: string | Uint8Array): string {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8');
  }

  /** Runs the command of the package, as a user types it. */
  interposition(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return this.run(join(this.folder, 'node_modules', '.bin', 'interposition'), args, options);
  }

  /** The same at a terminal, by `script` of util-linux; what is shown there. */
  async onTerminal(args: readonly string[], { env = {} }: RunOptions = {}): Promise<string> {
    const command = [join(this.folder, 'node_modules', '.bin', 'interposition'), ...args];
    const quoted = command.map((part) => `'${part}'`).join(' ');
    const { stdout } = await this.run('script', ['-qec', quoted, '/dev/null'], {
      env: { TERM: 'xterm', ...env },
    });
    return stdout;
  }

  /** Runs a program to its end, outside CI unless `env` says so. */
  async run(
    command: string,
    args: readonly string[],
    { env = {}, cwd = '.' }: RunOptions = {},
  ): Promise<Ran> {
    const child = spawn(command, args, {
      cwd: this.path(cwd),
      env: { ...plainEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: HANG_MS,
      killSignal: 'SIGKILL',
    });
    const ended = new Promise<Pick<Ran, 'code' | 'signal'>>((resolve, reject) => {
      child.on('error', reject).on('close', (code, signal) => resolve({ code, signal }));
    });
    const [stdout, stderr, end] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { ...end, stdout, stderr };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The environment without what would change how the library or Node's colours behave. `node` is the one of this run. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:INTERPOSITION_|NODE_OPTIONS$|NODE_V8_COVERAGE$|CI$|NO_COLOR$|FORCE_COLOR$)/.test(name),
  );
  return { ...Object.fromEntries(kept), PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}` };
}
