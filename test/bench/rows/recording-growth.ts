import type { Bench } from '../bench.js';
import { figureOf, LIVE, RECORDERS } from './figures.js';
import type { Figure, Measured, Row } from './row.js';

/** What an interaction of a long recording costs, compared with one of a short. */
export const recordingGrowth: Row = {
  name: 'recording-growth',
  title: 'recording, 1 KB GET: an interaction of 5,000 / of 500, after warm-up',
  goal: { atMost: 1.15 },
  unit: 'clock',
  measure,
};

async function measure(bench: Bench): Promise<Measured> {
  const [small, large] = [bench.size(500), bench.size(5_000)];
  // As many steps a round for both: in one session, or in ten.
  const pace = bench.fixed({ heats: 2, rounds: 4, steps: large, warmUp: { steps: large, times: 1 } });
  const entries = [LIVE, ...RECORDERS].flatMap((contender) =>
    [small, large].map((count) => ({
      key: `${contender} ${count}`,
      contender,
      task: 'record' as const,
      work: { traffic: 'get-1k', client: 'fetch' as const, count },
    })),
  );
  const times = await bench.race(entries, pace);
  const measured = new Map<string, Figure>();
  for (const name of [LIVE, ...RECORDERS]) {
    const series = [times.get(`${name} ${large}`), times.get(`${name} ${small}`)];
    measured.set(
      name,
      figureOf(series, 'clock', (ofMany = 0, ofFew = 0) => ofMany / ofFew),
    );
  }
  return measured;
}
