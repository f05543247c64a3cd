import { readFile } from 'node:fs/promises';
import { loadClient } from '../clients/client.js';
import { requestsFor } from './asking.js';
import { recordedFiles } from './recorded-files.js';
import { measured } from './stopwatch.js';
import { type Task, UnableError } from './task.js';
import type { Assignment } from './tasks.js';

/** Opens what was prepared, and answers once. The libraries are loaded before: start-up has a row of its own. */
export async function open(assignment: Assignment): Promise<Task> {
  const { contender, origin, traffic, client, count } = assignment;
  const { replay } = contender;
  if (replay === undefined) {
    throw new UnableError('does not replay');
  }
  const asking = { ask: await loadClient(client), origin, reads: traffic.reads, atOnce: 1 };
  await contender.load();
  // What asks is loaded at its first use.
  await requestsFor([traffic.exchange(count)], asking).send();
  let stop = async () => {};
  return {
    async round() {
      const requests = requestsFor([traffic.exchange(count - 1)], asking);
      const { result, sample } = await measured(async () => {
        const opened = await replay(assignment);
        await requests.send();
        return opened;
      });
      requests.check();
      stop = result;
      return sample;
    },
    stop: () => stop(),
  };
}

/** The limit of opening: the same files, read and parsed. */
export async function parse({ folder }: Assignment): Promise<Task> {
  return {
    async round() {
      const files = recordedFiles(folder);
      const { sample } = await measured(() =>
        Promise.all(files.map(async (file) => JSON.parse(await readFile(file, 'utf8')) as unknown)),
      );
      return sample;
    },
    stop: async () => {},
  };
}
