/** A ratio of medians, and the middle half of the ratios round by round. */
export interface Ratio {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

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

/** How many times the one is as large as the other; both were measured in turn, round by round. */
export function ratioOf(over: readonly number[], under: readonly number[]): Ratio {
  const pairs = over.slice(0, under.length).map((value, at) => value / (under[at] as number));
  return {
    value: median(over) / median(under),
    low: quantile(pairs, 0.25),
    high: quantile(pairs, 0.75),
  };
}

/** Rounds of the same work on a small and on a large scale. */
export interface Scales {
  readonly small: readonly number[];
  readonly large: readonly number[];
}

/** How much of its throughput one keeps on the large scale, compared with what a limit keeps. */
export function keptOf(own: Scales, limit: Scales): Ratio {
  const kept = ({ small, large }: Scales) => small.map((value, at) => value / (large[at] as number));
  const [ours, theirs] = [kept(own), kept(limit)];
  const pairs = ours.map((value, at) => value / (theirs[at] as number));
  const value = ({ small, large }: Scales) => median(small) / median(large);
  return { value: value(own) / value(limit), low: quantile(pairs, 0.25), high: quantile(pairs, 0.75) };
}
