import type { Sample } from './tasks/task.js';

/** A ratio of medians, and the middle half of the ratios round by round. */
export interface Ratio {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** The ratio of the best tenths, which other processes disturb least. */
  readonly best: number;
}

/** The same ratio of everything that is measured. */
export type Ratios = Readonly<Record<keyof Sample, Ratio>>;

/** @param part From 0, the smallest, to 1, the largest; 0.5 is the median. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * A ratio of what was measured in turn, round by round.
 *
 * @param formula Gets one value of each series, in their order.
 */
export function ratioOf(
  series: readonly (readonly number[])[],
  formula: (...values: number[]) => number,
): Ratio {
  const rounds = Math.min(...series.map((values) => values.length));
  const ratios = Array.from({ length: rounds }, (_, round) =>
    formula(...series.map((values) => values[round] as number)),
  );
  return {
    value: formula(...series.map(median)),
    low: quantile(ratios, 0.25),
    high: quantile(ratios, 0.75),
    best: formula(...series.map((values) => quantile(values, 0.1))),
  };
}

/** The ratio of everything that was measured. */
export function ratiosOf(
  series: readonly (readonly Sample[])[],
  formula: (...values: number[]) => number,
): Ratios {
  const by = (kind: keyof Sample) =>
    ratioOf(
      series.map((rounds) => rounds.map((sample) => sample[kind])),
      formula,
    );
  return { clock: by('clock'), cpu: by('cpu'), heap: by('heap') };
}
