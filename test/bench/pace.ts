import type { Runner } from './race.js';

/** How long a race is, and how a runner gets ready for it. */
export interface Pace {
  /** So often everybody starts anew, in a fresh process: no two compile a program in the same way. */
  readonly heats: number;
  /** Rounds a heat. */
  readonly rounds: number;
  /** Runs until the runner is warm; leaves it with the number of steps that its rounds are to have. */
  warmUp(runner: Runner): Promise<void>;
}

const MOST_WARM_UPS = 6;

interface Repeating {
  readonly heats: number;
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmUpMs: number;
  /** The warm-up goes on until there were so many, but not for more than six times as long. */
  readonly warmUpSteps: number;
}

/** The same again and again: as many steps a round as fill it. */
export function repeating({ heats, rounds, roundMs, warmUpMs, warmUpSteps }: Repeating): Pace {
  const isWarm = (spent: number, steps: number) =>
    spent >= (steps >= warmUpSteps ? 1 : MOST_WARM_UPS) * warmUpMs * 1e6;
  return {
    heats,
    rounds,
    async warmUp(runner) {
      for (let spent = 0; !isWarm(spent, runner.next); ) {
        const { cpu } = await runner.run();
        spent += cpu;
        const fitting = Math.max(1, Math.round((roundMs * 1e6 * runner.steps) / cpu));
        runner.steps = isWarm(spent, runner.next) ? fitting : Math.min(fitting, runner.steps * 4);
      }
    },
  };
}

interface Fixed {
  readonly heats: number;
  readonly rounds: number;
  /** Steps a round. */
  readonly steps: number;
  /** So many steps are there to warm up with, and so often. */
  readonly warmUp: { readonly steps: number; readonly times: number };
}

/** So many steps, each with something that no round had before. */
export function fixed({ heats, rounds, steps, warmUp }: Fixed): Pace {
  return {
    heats,
    rounds,
    async warmUp(runner) {
      runner.steps = warmUp.steps;
      for (let time = 0; time < warmUp.times; time++) {
        runner.next = 0;
        await runner.run();
      }
      runner.steps = steps;
    },
  };
}
