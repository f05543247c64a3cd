import type { Job } from './processes/messages.js';
import { Worker } from './processes/worker.js';
import { UnableError } from './tasks/task.js';

/** How long a race is. */
export interface Pace {
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmUpMs: number;
}

/** Somebody in a race, by a key of the row's choice. */
export interface Contestant {
  readonly key: string;
  readonly job: Job;
}

/** Nanoseconds a step, round by round; or why there are none. */
export type Times = { readonly rounds: readonly number[] } | { readonly unable: string };

interface Runner {
  readonly key: string;
  readonly worker: Worker;
  readonly rounds: number[];
  steps: number;
  next: number;
}

/**
 * Lets contestants run in turn, round by round, each in a process of its own.
 *
 * @throws Error where an answer was wrong, or a process ended.
 */
export async function race(contestants: readonly Contestant[], pace: Pace): Promise<Map<string, Times>> {
  const times = new Map<string, Times>();
  const runners: Runner[] = [];
  try {
    for (const { key, job } of contestants) {
      try {
        const runner = { key, worker: await Worker.start(job), rounds: [], steps: 1, next: 0 };
        runners.push(runner);
        times.set(key, runner);
      } catch (error) {
        if (!(error instanceof UnableError)) {
          throw error;
        }
        times.set(key, { unable: error.message });
      }
    }
    for (const runner of runners) {
      await warmUp(runner, pace);
    }
    for (let round = 0; round < pace.rounds; round++) {
      // Another one begins each time: who comes after the slowest finds cold caches.
      for (let at = 0; at < runners.length; at++) {
        const runner = runners[(at + round) % runners.length] as Runner;
        runner.rounds.push((await run(runner)) / runner.steps);
      }
    }
    await Promise.all(runners.map(({ worker }) => worker.stop()));
  } finally {
    for (const { worker } of runners) {
      worker.kill();
    }
  }
  return times;
}

async function run(runner: Runner): Promise<number> {
  const ns = await runner.worker.round(runner.next, runner.steps);
  runner.next += runner.steps;
  return ns;
}

/** Runs longer and longer rounds; leaves the runner with as many steps as fill a round. */
async function warmUp(runner: Runner, { roundMs, warmUpMs }: Pace): Promise<void> {
  for (let spent = 0; ; ) {
    const ns = await run(runner);
    spent += ns;
    const fitting = Math.max(1, Math.round((roundMs * 1e6 * runner.steps) / ns));
    if (spent >= warmUpMs * 1e6) {
      runner.steps = fitting;
      return;
    }
    runner.steps = Math.min(fitting, runner.steps * 4);
  }
}
