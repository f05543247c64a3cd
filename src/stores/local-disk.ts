import { statfsSync } from 'node:fs';

/** What `statfs` calls the file systems of a machine's own disks: ext2 to 4, and so on. Windows names none. */
const LOCAL: ReadonlySet<number> = new Set([
  ...(process.platform === 'win32' ? [0] : []),
  // Linux: ext, XFS, Btrfs, tmpfs, ramfs, overlayfs, ZFS, F2FS, bcachefs.
  ...[0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x858458f6, 0x794c7630, 0x2fc12fc1, 0xf2f52010, 0xca451a4e],
  // macOS: APFS.
  ...(process.platform === 'darwin' ? [0x1a] : []),
]);

/**
 * Does a file lie on a disk of this machine? There, what is written to the end of a file is written at once, and each
 * process sees it at once; on a disk of another machine (NFS, SMB, folders shared with a container) neither is sure.
 * False where that cannot be told.
 *
 * @param path Where it really lies, without links.
 */
export function isOnLocalDisk(path: string): boolean {
  try {
    return !path.startsWith('\\\\') && LOCAL.has(statfsSync(path).type);
  } catch {
    return false;
  }
}
