import type { Bench } from '../bench.js';
import type { Ratio } from '../statistics.js';
import type { Sample } from '../tasks/task.js';

/** One line of the table. */
export interface Row {
  /** For `--rows`. */
  readonly name: string;
  readonly title: string;
  readonly goal: Goal;
  /** What its ratios compare. */
  readonly unit: Unit;
  measure(bench: Bench): Promise<Measured>;
}

/** What the ratio is to be. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** What is compared of a step, or what is counted. */
export type Unit = keyof Sample | 'packages' | 'MB';

/** By contender. */
export type Measured = ReadonlyMap<string, Figure>;

/** A figure, or why there is none. */
export type Figure = Known | { readonly unable: string };

export interface Known {
  readonly ratio: Ratio;
  /** The same in processor's time, where the ratio is of time: a busy machine lengthens it less. */
  readonly byCpu?: Ratio;
  /** What a reader must know to compare it. */
  readonly note?: string;
  /** What a request costs with so many recordings, compared with the limit. */
  readonly costs?: readonly { readonly size: number; readonly cost: number }[];
  /** What else was measured, for the JSON. */
  readonly details?: unknown;
}

export function isReached(ratio: Ratio, goal: Goal): boolean {
  return 'atLeast' in goal ? ratio.value >= goal.atLeast : ratio.value <= goal.atMost;
}
