import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { repoRoot } from './paths.js';

const INSTALL_TIMEOUT_MS = 180_000;

/**
 * Installs the packages of a folder with a lock of its own where this lock's are not there yet, once for all Nodes.
 *
 * @returns Why they are not there; undefined where they are.
 * @throws Error where they are not there in CI: a suite that is skipped proves nothing.
 */
export function installPackages(folder: string): string | undefined {
  const stamp = join(folder, 'node_modules/.installed');
  const wanted = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .update(`${process.platform}-${process.arch}`)
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) {
    return undefined;
  }
  const { status, error, stderr } = spawnSync(
    'npm',
    ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'],
    { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32', timeout: INSTALL_TIMEOUT_MS },
  );
  if (status === 0) {
    writeFileSync(stamp, wanted);
    return undefined;
  }
  const where = relative(repoRoot, folder);
  const why = `npm ci in ${where} failed: ${error?.message ?? stderr.trim().split('\n').at(-1)}`;
  if (process.env['CI']) {
    throw new Error(why);
  }
  return why;
}
