import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { loadClient } from '../clients/client.js';
import { exchangesOf } from '../contenders/contender.js';
import type { Exchange } from '../traffic/exchange.js';
import { requestsFor } from './asking.js';
import { recordedFiles } from './recorded-files.js';
import { measured } from './stopwatch.js';
import { type Sample, type Task, UnableError } from './task.js';
import type { Assignment } from './tasks.js';

/** Records into nothing, in sessions of `count` steps. What one leaves to its end counts too: all is on disk then. */
export function record(assignment: Assignment): Promise<Task> {
  return recordInto(assignment, (folder) => mkdirSync(folder));
}

/** Records what an earlier process has recorded already. */
export function refresh(assignment: Assignment): Promise<Task> {
  return recordInto(assignment, (folder) => cpSync(assignment.folder, folder, { recursive: true }));
}

async function recordInto(assignment: Assignment, makeFolder: (folder: string) => void): Promise<Task> {
  const { contender, origin, traffic, client, count, atOnce } = assignment;
  const { record } = contender;
  if (record === undefined) {
    throw new UnableError('does not record');
  }
  const ask = await loadClient(client);
  const exchanges = exchangesOf(assignment);
  const folder = `${assignment.folder}-session-${process.pid}`;
  const session = async () => {
    makeFolder(folder);
    const requests = requestsFor(exchanges, { ask, origin, reads: traffic.reads, atOnce });
    const stop = await record({ ...assignment, folder });
    const { sample } = await measured(async () => {
      await requests.send();
      await stop();
    });
    requests.check();
    if (contender.package !== undefined) {
      checkRecorded(folder, exchanges);
    }
    rmSync(folder, { recursive: true });
    return sample;
  };
  return {
    async round(_, steps) {
      const samples: Sample[] = [];
      while (samples.length * count < steps) {
        samples.push(await session());
      }
      const sum = (kind: keyof Sample) => samples.reduce((total, sample) => total + sample[kind], 0);
      return { clock: sum('clock'), cpu: sum('cpu'), heap: sum('heap') };
    },
    stop: async () => {},
  };
}

/** Every recorder writes the URLs of its requests as they are. */
function checkRecorded(folder: string, exchanges: readonly Exchange[]): void {
  const text = recordedFiles(folder)
    .map((file) => readFileSync(file, 'utf8'))
    .join();
  const paths = new Set(text.match(/\/[\w-]+\/\d+(?=")/g));
  const lost = exchanges.filter(({ path }) => !paths.has(path));
  if (lost.length > 0) {
    throw new Error(`${lost.length} of ${exchanges.length} are not on disk, such as ${lost[0]?.path}`);
  }
}
