import { loadClient } from '../clients/client.js';
import { exchangesOf } from '../contenders/contender.js';
import type { Exchange } from '../traffic/exchange.js';
import { requestsFor } from './asking.js';
import { measured } from './stopwatch.js';
import { type Task, UnableError } from './task.js';
import type { Assignment } from './tasks.js';

// Coprime to every count of recordings that is used: the first steps ask for each once, and not for one beside the last.
const STRIDE = 7919;

/** Asks for what was prepared, over and over. */
export async function replay(assignment: Assignment): Promise<Task> {
  const { contender, origin, traffic, client, count, atOnce } = assignment;
  if (contender.replay === undefined) {
    throw new UnableError('does not replay');
  }
  const ask = await loadClient(client);
  // Made before, so that only what is measured leaves garbage.
  const exchanges = exchangesOf(assignment);
  const stop = await contender.replay(assignment);
  return {
    async round(from, steps) {
      const asked = Array.from(
        { length: steps * atOnce },
        (_, step) => exchanges[((from * atOnce + step) * STRIDE) % count] as Exchange,
      );
      const requests = requestsFor(asked, { ask, origin, reads: traffic.reads, atOnce });
      const { sample } = await measured(() => requests.send());
      requests.check();
      return sample;
    },
    stop,
  };
}
