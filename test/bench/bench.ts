import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientName } from './clients/client.js';
import type { Job } from './processes/messages.js';
import { Worker } from './processes/worker.js';
import { type Contestant, type Pace, race, type Times } from './race.js';
import { UnableError } from './tasks/task.js';

/** What a program does again and again. */
export interface Work {
  readonly traffic: string;
  readonly client: ClientName;
  /** How many recordings there are. */
  readonly count: number;
  /** How many requests are under way at a time; 1 where left out. */
  readonly atOnce?: number;
}

interface Entry {
  readonly key: string;
  readonly contender: string;
  readonly work: Work;
}

/** What the rows measure with. */
export class Bench {
  readonly short: boolean;
  readonly pace: Pace;
  readonly origin: string;
  readonly #folder: string;
  readonly #prepared = new Map<string, Promise<string>>();

  /** @param folder A folder of its own, for everything that is recorded. */
  constructor({ short, origin, folder }: { short: boolean; origin: string; folder: string }) {
    this.short = short;
    this.origin = origin;
    this.#folder = folder;
    this.pace = short ? { rounds: 5, roundMs: 5, warmUpMs: 20 } : { rounds: 41, roundMs: 25, warmUpMs: 600 };
  }

  /** Records what each entry needs, and lets them replay in turn. */
  async raceReplays(entries: readonly Entry[]): Promise<Map<string, Times>> {
    const contestants: Contestant[] = [];
    const unable = new Map<string, Times>();
    for (const { key, contender, work } of entries) {
      try {
        const folder = await this.prepared(contender, work);
        contestants.push({ key, job: this.job('replay', contender, work, folder) });
      } catch (error) {
        if (!(error instanceof UnableError)) {
          throw error;
        }
        unable.set(key, { unable: error.message });
      }
    }
    const times = await race(contestants, this.pace);
    return new Map(entries.map(({ key }) => [key, times.get(key) ?? (unable.get(key) as Times)]));
  }

  /**
   * A folder with a contender's recordings of some traffic. Each is made once.
   *
   * @throws UnableError where the contender cannot.
   */
  prepared(contender: string, work: Work): Promise<string> {
    const name = [contender, work.traffic, work.client, work.count].join('-').replace(/[^\w-]/g, '_');
    const known = this.#prepared.get(name) ?? this.#prepare(contender, work, join(this.#folder, name));
    this.#prepared.set(name, known);
    return known;
  }

  async #prepare(contender: string, work: Work, folder: string): Promise<string> {
    mkdirSync(folder);
    const worker = await Worker.start(this.job('prepare', contender, work, folder));
    try {
      await worker.round(0, 1);
      await worker.stop();
    } finally {
      worker.kill();
    }
    return folder;
  }

  job(task: Job['task'], contender: string, work: Work, folder: string): Job {
    return { atOnce: 1, ...work, task, contender, folder, origin: this.origin };
  }
}
