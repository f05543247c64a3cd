import type { Bench, Work } from '../bench.js';
import { CONTENDERS } from '../contenders/contenders.js';
import type { Times } from '../race.js';
import { median, ratioOf } from '../statistics.js';
import type { Figure, Goal, Measured, Row } from './row.js';

interface ReplayRow {
  readonly name: string;
  readonly title: string;
  readonly goal: Goal;
  /** Who is what the others are compared with. */
  readonly limit: string;
  readonly work: Work;
}

/** A row of throughputs, compared with a limit's. */
export function replayRow({ name, title, goal, limit, work }: ReplayRow): Row {
  return { name, title, goal, measure: (bench) => throughputs(bench, work, limit) };
}

async function throughputs(bench: Bench, work: Work, limit: string): Promise<Measured> {
  const entries = CONTENDERS.map((contender) => ({ key: contender.name, contender: contender.name, work }));
  const times = await bench.raceReplays(entries);
  const measured = new Map<string, Figure>();
  for (const [key, own] of times) {
    measured.set(key, throughput(own, times.get(limit) as Times));
  }
  return measured;
}

function throughput(own: Times, limit: Times): Figure {
  if ('unable' in own) {
    return own;
  }
  if ('unable' in limit) {
    return limit;
  }
  return { ratio: ratioOf(limit.rounds, own.rounds), times: { nsAStep: median(own.rounds) } };
}
