import { spawnSync } from 'node:child_process';
import { tempFolder } from './temp-folder.js';

/** May this user mount a disk? */
export const hasSmallDisks = canMount();

/** Does work in the root folder of an empty disk, of 64 KiB where nothing is said. */
export async function onSmallDisk(work: (folder: string) => Promise<void>, size = '64k'): Promise<void> {
  const folder = tempFolder();
  if (!mount(folder, size)) {
    throw new Error(`cannot mount a disk at ${folder}`);
  }
  try {
    await work(folder);
  } finally {
    unmount(folder);
  }
}

function canMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return false;
  }
  const folder = tempFolder();
  return mount(folder) && unmount(folder);
}

function mount(folder: string, size = '64k'): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]).status === 0;
}

function unmount(folder: string): boolean {
  return spawnSync('umount', [folder]).status === 0;
}
