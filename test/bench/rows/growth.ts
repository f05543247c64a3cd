import type { Bench } from '../bench.js';
import { BARE, CHOICES, figureOf, NEAR, OURS } from './figures.js';
import type { Figure, Measured, Row } from './row.js';

const SMALL = 100;

/** What each request costs where the cassette is large, compared with where it is small. */
export const growth: Row = {
  name: 'growth',
  title: 'the same at 10,000 recordings / at 100, each relative to the bare dispatcher',
  goal: { atLeast: 0.95 },
  unit: 'clock',
  measure,
};

async function measure(bench: Bench): Promise<Measured> {
  const everybody = [BARE, ...(bench.short ? [OURS] : CHOICES)];
  const sizes = bench.short ? [10, SMALL] : [10, SMALL, 1_000, 10_000];
  const entries = everybody.flatMap((contender) =>
    sizes.map((count) => ({
      key: `${contender} ${count}`,
      contender,
      task: 'replay' as const,
      work: { traffic: 'get-1k', client: 'fetch' as const, count },
      pace: bench.repeating({ count }, NEAR.has(contender)),
    })),
  );
  const times = await bench.race(entries, bench.repeating({ count: SMALL }));
  const of = (name: string, size: number) => times.get(`${name} ${size}`);
  const large = sizes.at(-1) as number;
  const measured = new Map<string, Figure>();
  for (const name of everybody) {
    const kept = figureOf(
      [of(BARE, SMALL), of(BARE, large), of(name, SMALL), of(name, large)],
      'clock',
      (bareSmall = 0, bareLarge = 0, ownSmall = 0, ownLarge = 0) =>
        ownSmall / ownLarge / (bareSmall / bareLarge),
    );
    const costs = sizes.flatMap((size) => {
      const cost = figureOf([of(BARE, size), of(name, size)], 'clock', (bare = 0, own = 0) => own / bare);
      return 'ratio' in cost ? [{ size, cost: cost.ratio.value }] : [];
    });
    measured.set(name, 'ratio' in kept ? { ...kept, costs } : kept);
  }
  return measured;
}
