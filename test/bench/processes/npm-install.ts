import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What `npm install` leaves in an empty project. */
export interface Installed {
  readonly packages: number;
  readonly bytes: number;
}

/** @param specs What npm is to install: names with versions, or tarballs. */
export async function npmInstall(specs: readonly string[], scratch: string): Promise<Installed> {
  const project = mkdtempSync(join(scratch, 'project-'));
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true }));
  await npm(['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', ...specs], project);
  const modules = join(project, 'node_modules');
  const lock = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8')) as { packages: object };
  return { packages: Object.keys(lock.packages).length, bytes: bytesIn(modules) };
}

/** Packs the package of a folder, as it was built. */
export async function npmPack(folder: string, scratch: string): Promise<string> {
  const destination = join(scratch, 'packed');
  mkdirSync(destination, { recursive: true });
  await npm(['pack', '--ignore-scripts', '--pack-destination', destination], folder);
  const [tarball] = readdirSync(destination);
  return join(destination, tarball as string);
}

async function npm(args: readonly string[], cwd: string): Promise<void> {
  await run('npm', args, { cwd, timeout: 300_000, shell: process.platform === 'win32' });
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
