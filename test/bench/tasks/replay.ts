import { loadClient } from '../clients/client.js';
import { askAll } from './asking.js';
import { type Task, UnableError } from './task.js';
import type { Assignment } from './tasks.js';

// Coprime to every count of recordings that is used, so that neighbours are not asked for one after the other.
const STRIDE = 7919;

/** Replays what was prepared, over and over. */
export async function replay(assignment: Assignment): Promise<Task> {
  const { contender, origin, traffic, client, count, atOnce } = assignment;
  if (contender.replay === undefined) {
    throw new UnableError('does not replay');
  }
  const ask = await loadClient(client);
  const stop = await contender.replay(assignment);
  return {
    round(from, steps) {
      const exchanges = Array.from({ length: steps * atOnce }, (_, step) =>
        traffic.exchange(((from * atOnce + step) * STRIDE) % count),
      );
      return askAll(exchanges, { ask, origin, reads: traffic.reads, atOnce });
    },
    stop,
  };
}
