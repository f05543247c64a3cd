/** What the command's exit code says; `record`, `replay` and `auto` pass on the one of the program that they run. */
export const EXIT = {
  /** It is done, and there was nothing to find. */
  done: 0,
  /** It is done, and found what it looks for: differences, drift, secrets, misses. */
  found: 1,
  /** It was not done: the call, a file, or a setting is wrong. Nothing was changed. */
  failed: 2,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
