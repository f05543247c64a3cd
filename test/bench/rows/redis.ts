import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { redisService } from '../../support/services.js';
import { freshPrefix, openRedis } from '../../support/storages.js';
import type { Bench } from '../bench.js';
import { plainEnvironment } from '../processes/plain-environment.js';
import type { Writing } from '../processes/redis-writer.js';
import type { Sample } from '../tasks/task.js';
import { figureOf, OURS } from './figures.js';
import type { Measured, Row } from './row.js';

const PROCESSES = 8;

/** What a key-value store adds to its storage. */
export const redis: Row = {
  name: 'redis',
  title: `recording 2,000 interactions into Redis from ${PROCESSES} processes at once / a bare SET of the same bytes`,
  goal: { atMost: 2 },
  unit: 'clock',
  measure,
};

async function measure(bench: Bench): Promise<Measured> {
  const { url, answers, reason } = await redisService();
  if (!answers) {
    return new Map([[OURS, { unable: reason }]]);
  }
  const prefix = freshPrefix();
  const children = Array.from({ length: PROCESSES }, (_, id) => start(url, prefix, id));
  const rounds: Record<Writing['kind'], Sample[]> = { set: [], save: [] };
  try {
    await Promise.all(children.map((child) => once(child, 'message')));
    const count = bench.size(2000) / PROCESSES;
    const warmUp = bench.short ? 1 : 20;
    const all = warmUp + (bench.short ? 2 : 12);
    for (let round = 0; round < all; round++) {
      for (const kind of ['set', 'save'] as const) {
        const sample = await write(children, { kind, round, count });
        if (round >= warmUp) {
          rounds[kind].push(sample);
        }
      }
    }
  } finally {
    await end(children);
    await clean(url, prefix);
  }
  const figure = figureOf(
    [{ rounds: rounds.save }, { rounds: rounds.set }],
    'clock',
    (save = 0, set = 0) => save / set,
  );
  return new Map([[OURS, figure]]);
}

function start(url: string, prefix: string, id: number): ChildProcess {
  const program = fileURLToPath(new URL('../processes/redis-writer.js', import.meta.url));
  return fork(program, [url, prefix, String(id)], { env: plainEnvironment() });
}

/** What all of them took, on average. */
async function write(children: readonly ChildProcess[], writing: Writing): Promise<Sample> {
  const samples = await Promise.all(
    children.map(async (child) => {
      child.send(writing);
      const [sample] = (await once(child, 'message')) as [Sample];
      return sample;
    }),
  );
  const mean = (kind: keyof Sample) =>
    samples.reduce((sum, sample) => sum + sample[kind], 0) / samples.length;
  return { clock: mean('clock'), cpu: mean('cpu'), heap: 0 };
}

async function end(children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    children.map(async (child) => {
      if (child.connected) {
        const gone = once(child, 'exit');
        child.disconnect();
        await gone;
      }
    }),
  );
}

async function clean(url: string, prefix: string): Promise<void> {
  const storage = await openRedis(url, prefix)(() => {});
  await (storage as { clear?: () => Promise<void> }).clear?.();
  await storage.dispose();
}
