import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientName } from './clients/client.js';
import { contenderOf } from './contenders/contenders.js';
import { fixed, type Pace, repeating } from './pace.js';
import type { Job, TaskName } from './processes/messages.js';
import { Worker } from './processes/worker.js';
import { type Contestant, race, type Times, unableFor } from './race.js';
import { UnableError } from './tasks/task.js';
import { trafficOf } from './traffic/traffic.js';

/** What a program does again and again. */
export interface Work {
  readonly traffic: string;
  readonly client: ClientName;
  /** How many recordings there are. */
  readonly count: number;
  /** How many requests are under way at a time; 1 where left out. */
  readonly atOnce?: number;
}

/** Who is to do what, by a key of the row's choice. */
export interface Entry {
  readonly key: string;
  readonly contender: string;
  readonly task: TaskName;
  readonly work: Work;
  readonly pace?: Pace;
}

/** What the rows measure with. */
export class Bench {
  /** As little as shows that all of it works. */
  readonly short: boolean;
  readonly origin: string;
  /** For what rows keep on disk; gone when the bench ends. */
  readonly folder: string;
  readonly #known = new Map<string, Promise<unknown>>();

  constructor({ short, origin, folder }: { short: boolean; origin: string; folder: string }) {
    this.short = short;
    this.origin = origin;
    this.folder = folder;
  }

  /** How large something is that is so large in a whole bench: 50 times smaller in a short one. */
  size(full: number): number {
    return this.short ? Math.max(20, full / 50) : full;
  }

  /** What several rows tell of, measured once. */
  once<T>(key: string, measure: () => Promise<T>): Promise<T> {
    const known = (this.#known.get(key) as Promise<T> | undefined) ?? measure();
    this.#known.set(key, known);
    return known;
  }

  /**
   * The same again and again, each of so many before any counts.
   *
   * @param isNear Is it near the limit? What fetch is made of is compiled to its end only after some ten thousand calls.
   */
  repeating({ count }: Pick<Work, 'count'>, isNear = false): Pace {
    return this.short
      ? repeating({ heats: 1, rounds: 3, roundMs: 5, warmUpMs: 10, warmUpSteps: count })
      : repeating({
          heats: 2,
          rounds: 10,
          roundMs: 150,
          warmUpMs: isNear ? 4000 : 600,
          warmUpSteps: count,
        });
  }

  /** So many steps a round. */
  fixed(...[pace]: Parameters<typeof fixed>): Pace {
    return fixed(this.short ? { ...pace, heats: 1, rounds: Math.min(2, pace.rounds) } : pace);
  }

  /** Records what each entry needs, and lets them run in turn. */
  async race(entries: readonly Entry[], pace: Pace): Promise<Map<string, Times>> {
    const ready = await Promise.allSettled(entries.map((entry) => this.#contestant(entry)));
    const contestants = ready.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const times = await race(contestants, pace);
    return new Map(
      ready.map((one, at) => {
        const { key } = entries[at] as Entry;
        return [key, one.status === 'fulfilled' ? (times.get(key) as Times) : unableFor(one.reason)];
      }),
    );
  }

  async #contestant({ key, contender, task, work, pace }: Entry): Promise<Contestant> {
    const reason = contenderOf(contender).cannot?.({
      client: work.client,
      traffic: trafficOf(work.traffic),
    });
    if (reason !== undefined) {
      throw new UnableError(reason);
    }
    const folder =
      task === 'record' ? mkdtempSync(join(this.folder, 'new-')) : await this.recordingsOf(contender, work);
    return { key, job: this.#job(task, contender, work, folder), ...(pace && { pace }) };
  }

  /**
   * A folder with a contender's recordings of some traffic. Each is made once.
   *
   * @throws UnableError where the contender cannot.
   */
  recordingsOf(contender: string, work: Work): Promise<string> {
    const name = [contender, work.traffic, work.client, work.count].join('-').replace(/[^\w-]/g, '_');
    return this.once(name, () => this.#record(contender, work, join(this.folder, name)));
  }

  async #record(contender: string, work: Work, folder: string): Promise<string> {
    mkdirSync(folder);
    if (contenderOf(contender).record === undefined) {
      return folder;
    }
    const worker = await Worker.start(this.#job('prepare', contender, work, folder));
    try {
      await worker.round(0, 1);
      await worker.stop();
    } finally {
      worker.kill();
    }
    return folder;
  }

  #job(task: TaskName, contender: string, work: Work, folder: string): Job {
    return { atOnce: 1, ...work, task, contender, folder, origin: this.origin };
  }
}
