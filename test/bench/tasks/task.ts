/** What something took. */
export interface Sample {
  /** Nanoseconds by the clock. */
  readonly clock: number;
  /** Nanoseconds of the processor's time, on all threads: other processes do not add to it. */
  readonly cpu: number;
  /** Bytes that are held since; 0 where garbage cannot be collected on demand. */
  readonly heap: number;
}

/** What a child does, round by round. */
export interface Task {
  /** Does some steps. Fails where an answer is wrong. */
  round(from: number, count: number): Promise<Sample>;
  stop(): Promise<void>;
}

/** This contender cannot do this at all; the message says why. */
export class UnableError extends Error {
  override name = 'UnableError';
}
