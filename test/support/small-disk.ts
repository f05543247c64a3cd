import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from './temp-folder.js';

/** A folder on a disk of 64 KiB; undefined where this user may not mount one. */
export function smallDisk(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return undefined;
  }
  const folder = join(tempFolder(), 'disk');
  mkdirSync(folder);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]).status === 0;
  if (!mounted) {
    return undefined;
  }
  // Before the temp folder goes, which was made first and so goes last.
  process.prependListener('exit', () => spawnSync('umount', [folder]));
  return folder;
}
