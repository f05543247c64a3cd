import type { Contender } from '../contenders/contender.js';
import { CONTENDERS } from '../contenders/contenders.js';
import type { Times } from '../race.js';
import { median, ratiosOf } from '../statistics.js';
import type { Sample } from '../tasks/task.js';
import type { Figure, Measured } from './row.js';

/** Those that write files. */
export const RECORDERS = CONTENDERS.flatMap((contender: Contender) =>
  contender.record !== undefined && contender.package !== undefined ? [contender.name] : [],
);

export const BARE = 'bare dispatcher';
export const BARE_INTERCEPTORS = 'bare interceptors';
export const LIVE = 'live loopback';
export const OURS = 'interposition';

/** What the others are compared with. */
export const LIMITS: ReadonlySet<string> = new Set([BARE, BARE_INTERCEPTORS]);

/** Who comes so near the limit that a longer warm-up shows. */
export const NEAR: ReadonlySet<string> = new Set([BARE, OURS, 'undici SnapshotAgent']);

/** Who is there to be chosen, ours first. */
export const CHOICES = CONTENDERS.flatMap(({ name }) => (LIMITS.has(name) || name === LIVE ? [] : [name]));

/** How many times as much each does as the limit in the same time. */
export function throughputs(times: ReadonlyMap<string, Times>, limit: string): Measured {
  return new Map(
    [...times].map(([name, own]) => [
      name,
      figureOf([times.get(limit), own], 'clock', (theirs = 0, ours = 0) => theirs / ours),
    ]),
  );
}

/**
 * A figure of what several contestants took; where one of them could not, why.
 *
 * @param formula Gets what each took, in their order.
 */
export function figureOf(
  times: readonly (Times | undefined)[],
  unit: keyof Sample,
  formula: (...values: number[]) => number,
): Figure {
  const series: (readonly Sample[])[] = [];
  for (const one of times) {
    if (one === undefined || 'unable' in one) {
      return one ?? { unable: 'not measured' };
    }
    series.push(one.rounds);
  }
  const ratios = ratiosOf(series, formula);
  const medians = series.map((rounds) => ({
    clock: median(rounds.map(({ clock }) => clock)),
    cpu: median(rounds.map(({ cpu }) => cpu)),
    heap: median(rounds.map(({ heap }) => heap)),
  }));
  return { ratio: ratios[unit], byCpu: ratios.cpu, details: { ratios, medians } };
}
