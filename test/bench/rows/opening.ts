import type { Bench } from '../bench.js';
import type { Times } from '../race.js';
import type { Sample } from '../tasks/task.js';
import { figureOf, RECORDERS } from './figures.js';
import type { Figure, Measured, Row } from './row.js';

/** What it takes until the first answer of a large cassette. */
export const opening: Row = {
  name: 'opening',
  title: 'opening 10,000 × 2 KB and answering once / reading that file and `JSON.parse`',
  goal: { atMost: 1.4 },
  unit: 'clock',
  measure: (bench) => compare(bench, 'clock'),
};

/** What a large cassette holds of the heap. */
export const heap: Row = {
  name: 'heap',
  title: 'heap after opening 10,000 × 2 KB and answering once / heap of the parsed JSON',
  goal: { atMost: 1.3 },
  unit: 'heap',
  measure: (bench) => compare(bench, 'heap'),
};

async function compare(bench: Bench, unit: keyof Sample): Promise<Measured> {
  const times = await bench.once('opening', () => raceOpenings(bench));
  const measured = new Map<string, Figure>();
  for (const name of RECORDERS) {
    const series = [times.get(`${name} open`), times.get(`${name} parse`)];
    measured.set(
      name,
      figureOf(series, unit, (opened = 0, parsed = 0) => opened / parsed),
    );
  }
  return measured;
}

function raceOpenings(bench: Bench): Promise<Map<string, Times>> {
  const work = { traffic: 'get-2k', client: 'fetch', count: bench.size(10_000) } as const;
  const entries = RECORDERS.flatMap((contender) =>
    (['open', 'parse'] as const).map((task) => ({ key: `${contender} ${task}`, contender, task, work })),
  );
  // A process opens its cassette once.
  const pace = bench.fixed({ heats: 11, rounds: 1, steps: 1, warmUp: { steps: 0, times: 0 } });
  return bench.race(entries, pace);
}
