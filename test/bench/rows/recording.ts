import type { Bench } from '../bench.js';
import { figureOf, LIVE, OURS, RECORDERS } from './figures.js';
import type { Figure, Measured, Row } from './row.js';

/** What a recorder adds to a live request. */
export const recording: Row = {
  name: 'recording',
  title:
    'recording fetch, 1 KB GET, each saved before its response ends, all on disk at the end: time / no recorder',
  goal: { atMost: 1.3 },
  unit: 'clock',
  measure,
};

async function measure(bench: Bench): Promise<Measured> {
  const steps = bench.size(200);
  const work = { traffic: 'get-1k', client: 'fetch', count: steps } as const;
  const entries = [LIVE, ...RECORDERS].map((contender) => ({
    key: contender,
    contender,
    task: 'record' as const,
    work,
  }));
  const pace = bench.fixed({ heats: 4, rounds: 15, steps, warmUp: { steps, times: 3 } });
  const times = await bench.race(entries, pace);
  const measured = new Map<string, Figure>();
  for (const [name, own] of times) {
    const figure = figureOf([own, times.get(LIVE)], 'clock', (ours = 0, bare = 0) => ours / bare);
    const isSavedAtOnce = name === LIVE || name === OURS;
    measured.set(name, isSavedAtOnce ? figure : { ...figure, note: 'saves only at the end' });
  }
  return measured;
}
