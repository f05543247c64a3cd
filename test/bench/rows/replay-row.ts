import type { Bench, Work } from '../bench.js';
import { CHOICES, LIVE, NEAR, throughputs } from './figures.js';
import type { Goal, Row } from './row.js';

interface ReplayRow {
  readonly name: string;
  readonly title: string;
  readonly goal: Goal;
  /** Who is what the others are compared with. */
  readonly limit: string;
  readonly work: Work;
}

/** A row of throughputs, of the same again and again. */
export function replayRow({ name, title, goal, limit, work }: ReplayRow): Row {
  const measure = async (bench: Bench) => {
    const entries = [limit, LIVE, ...CHOICES].map((contender) => ({
      key: contender,
      contender,
      task: 'replay' as const,
      work,
      pace: bench.repeating(work, contender === limit || NEAR.has(contender)),
    }));
    return throughputs(await bench.race(entries, bench.repeating(work)), limit);
  };
  return { name, title, goal, unit: 'clock', measure };
}
