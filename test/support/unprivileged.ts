const NOBODY = 65_534;

/** Can this machine tell users apart, so that a file may not be read, or a folder not be written? */
export const hasUsers = process.platform !== 'win32';

/** Does work as a user that owns nothing: for root as nobody, else as the user that runs the tests. */
export async function unprivileged<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) {
    return work();
  }
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
