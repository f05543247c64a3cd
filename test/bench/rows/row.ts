import type { Bench } from '../bench.js';
import type { Ratio } from '../statistics.js';

/** One line of the table. */
export interface Row {
  /** For `--rows`. */
  readonly name: string;
  readonly title: string;
  readonly goal: Goal;
  measure(bench: Bench): Promise<Measured>;
}

/** What the ratio is to be. */
export type Goal = { readonly atLeast: number } | { readonly atMost: number };

/** By contender. */
export type Measured = ReadonlyMap<string, Figure>;

/** A figure, or why there is none. A note says what the figure leaves out. */
export type Figure =
  | { readonly ratio: Ratio; readonly note?: string; readonly times?: Readonly<Record<string, number>> }
  | { readonly unable: string };

export function isReached(ratio: Ratio, goal: Goal): boolean {
  return 'atLeast' in goal ? ratio.value >= goal.atLeast : ratio.value <= goal.atMost;
}
