import type { Pace } from './pace.js';
import type { Job } from './processes/messages.js';
import { Worker } from './processes/worker.js';
import { type Sample, UnableError } from './tasks/task.js';

/** Somebody in a race, by a key of the row's choice. */
export interface Contestant {
  readonly key: string;
  readonly job: Job;
  /** Where it is not the race's. */
  readonly pace?: Pace;
}

/** What a step took, round by round; or why there is nothing. */
export type Times = { readonly rounds: readonly Sample[] } | { readonly unable: string };

/**
 * Lets contestants run in turn, round by round, each in a process of its own.
 *
 * @throws Error where an answer was wrong, or a process ended.
 */
export async function race(contestants: readonly Contestant[], pace: Pace): Promise<Map<string, Times>> {
  const rounds = new Map(contestants.map(({ key }) => [key, [] as Sample[]]));
  const unable = new Map<string, Times>();
  for (let heat = 0; heat < pace.heats; heat++) {
    const runners: Runner[] = [];
    try {
      const able = contestants.filter(({ key }) => !unable.has(key));
      const starts = await Promise.allSettled(able.map((contestant) => Runner.start(contestant)));
      runners.push(...starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : [])));
      for (const [at, start] of starts.entries()) {
        if (start.status === 'rejected') {
          unable.set((able[at] as Contestant).key, unableFor(start.reason));
        }
      }
      await runHeat(runners, pace, (key, sample) => rounds.get(key)?.push(sample));
      await Promise.all(runners.map((runner) => runner.stop()));
    } finally {
      for (const runner of runners) {
        runner.kill();
      }
    }
  }
  return new Map(
    contestants.map(({ key }) => [key, unable.get(key) ?? { rounds: rounds.get(key) as Sample[] }]),
  );
}

async function runHeat(
  runners: readonly Runner[],
  pace: Pace,
  note: (key: string, sample: Sample) => void,
): Promise<void> {
  for (const runner of runners) {
    await (runner.pace ?? pace).warmUp(runner);
  }
  for (let round = 0; round < pace.rounds; round++) {
    // Another one begins each time: who comes after the slowest finds cold caches.
    for (let at = 0; at < runners.length; at++) {
      const runner = runners[(at + round) % runners.length] as Runner;
      const { clock, cpu, heap } = await runner.run();
      const { steps } = runner;
      note(runner.key, { clock: clock / steps, cpu: cpu / steps, heap: heap / steps });
    }
  }
}

/** @throws What it is given, where that is no UnableError. */
export function unableFor(error: unknown): { readonly unable: string } {
  if (error instanceof UnableError) {
    return { unable: error.message };
  }
  throw error;
}

/** A contestant under way. */
export class Runner {
  readonly key: string;
  readonly pace: Pace | undefined;
  /** Steps a round. */
  steps = 1;
  /** The first step of the next round. */
  next = 0;
  readonly #worker: Worker;

  private constructor({ key, pace }: Contestant, worker: Worker) {
    this.key = key;
    this.pace = pace;
    this.#worker = worker;
  }

  /** @throws UnableError where the contestant cannot take part. */
  static async start(contestant: Contestant): Promise<Runner> {
    return new Runner(contestant, await Worker.start(contestant.job));
  }

  async run(): Promise<Sample> {
    const sample = await this.#worker.round(this.next, this.steps);
    this.next += this.steps;
    return sample;
  }

  stop(): Promise<void> {
    return this.#worker.stop();
  }

  kill(): void {
    this.#worker.kill();
  }
}
