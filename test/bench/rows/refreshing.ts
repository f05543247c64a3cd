import type { Bench } from '../bench.js';
import { figureOf, OURS } from './figures.js';
import type { Measured, Row } from './row.js';

/** What it costs to record again what is there, compared with recording it the first time. */
export const refreshing: Row = {
  name: 'refreshing',
  title: 'refreshing 500 interactions / recording them',
  goal: { atMost: 2 },
  unit: 'clock',
  measure,
};

async function measure(bench: Bench): Promise<Measured> {
  const steps = bench.size(500);
  const work = { traffic: 'get-1k', client: 'fetch', count: steps } as const;
  const pace = bench.fixed({ heats: 3, rounds: 7, steps, warmUp: { steps, times: 2 } });
  const times = await bench.race(
    (['refresh', 'record'] as const).map((task) => ({ key: task, contender: OURS, task, work })),
    pace,
  );
  const figure = figureOf(
    [times.get('refresh'), times.get('record')],
    'clock',
    (again = 0, first = 0) => again / first,
  );
  return new Map([[OURS, figure]]);
}
