/** What a child does, round by round. */
export interface Task {
  /** Does some steps; resolves with the nanoseconds that they took. Fails where an answer is wrong. */
  round(from: number, count: number): Promise<number>;
  stop(): Promise<void>;
}

/** This contender cannot do this at all; the message says why. */
export class UnableError extends Error {
  override name = 'UnableError';
}
