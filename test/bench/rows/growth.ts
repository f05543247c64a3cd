import type { Bench } from '../bench.js';
import { CONTENDERS } from '../contenders/contenders.js';
import type { Times } from '../race.js';
import { keptOf, type Scales } from '../statistics.js';
import type { Figure, Measured, Row } from './row.js';

const SMALL = 100;
const LIMIT = 'bare dispatcher';

/** What each request costs where the cassette is large, compared with where it is small. */
export const growth: Row = {
  name: 'growth',
  title: 'the same at 10,000 recordings / at 100, each relative to the bare dispatcher',
  goal: { atLeast: 0.95 },
  measure,
};

async function measure(bench: Bench): Promise<Measured> {
  const large = bench.short ? 1_000 : 10_000;
  const times = await bench.raceReplays(
    CONTENDERS.flatMap(({ name }) =>
      [SMALL, large].map((count) => ({
        key: `${name} ${count}`,
        contender: name,
        work: { traffic: 'get-1k', client: 'fetch' as const, count },
      })),
    ),
  );
  const limit = scales(times, LIMIT, large) as Scales;
  const measured = new Map<string, Figure>();
  for (const { name } of CONTENDERS) {
    const own = scales(times, name, large);
    measured.set(name, 'unable' in own ? own : { ratio: keptOf(own, limit) });
  }
  return measured;
}

function scales(times: Map<string, Times>, name: string, large: number): Scales | { unable: string } {
  const [few, many] = [SMALL, large].map((count) => times.get(`${name} ${count}`) as Times);
  if (few === undefined || many === undefined || 'unable' in few) {
    return few as { unable: string };
  }
  return 'unable' in many ? many : { small: few.rounds, large: many.rounds };
}
