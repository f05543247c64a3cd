import type { Bench } from '../bench.js';
import { BARE, OURS, throughputs } from './figures.js';
import type { Goal, Row } from './row.js';

interface FirstLookUpRow {
  readonly name: string;
  readonly title: string;
  readonly goal: Goal;
  readonly traffic: string;
  /** So many recordings are looked up, once each. */
  readonly count: number;
  /** So many others are there to warm up with. */
  readonly warmUp: number;
}

const ROUNDS = 20;
const HEATS = 3;
const WARM_UP_REQUESTS = 5_000;

// The others' later look-ups cost what their first ones do: they keep nothing.
const CONTENDERS = [BARE, OURS, 'undici SnapshotAgent', 'Polly'];

/** A row of throughputs where no request was seen before in its process, so that nothing is remembered. */
export function firstLookUpRow({ name, title, goal, traffic, count, warmUp }: FirstLookUpRow): Row {
  const measure = async (bench: Bench) => {
    const [all, before] = [bench.size(count), bench.size(warmUp)];
    const work = { traffic, client: 'fetch' as const, count: all + before };
    const entries = CONTENDERS.map((contender) => ({
      key: contender,
      contender,
      task: 'replay' as const,
      work,
    }));
    const pace = bench.fixed({
      heats: HEATS,
      rounds: ROUNDS,
      steps: all / ROUNDS,
      warmUp: { steps: before, times: bench.short ? 1 : WARM_UP_REQUESTS / before },
    });
    return throughputs(await bench.race(entries, pace), BARE);
  };
  return { name, title, goal, unit: 'clock', measure };
}
