import { loadClient } from '../clients/client.js';
import { BareDispatcher } from '../contenders/bare/dispatcher.js';
import { fillSlots } from '../contenders/bare/slots.js';
import { exchangesOf } from '../contenders/contender.js';
import { requestsFor } from './asking.js';
import { measured } from './stopwatch.js';
import { type Task, UnableError } from './task.js';
import type { Assignment } from './tasks.js';

const AT_ONCE = 16;

/** Records every exchange, once, with the contender's own recorder. */
export async function prepare(assignment: Assignment): Promise<Task> {
  return {
    round: async () => (await measured(() => recordAll(assignment))).sample,
    stop: async () => {},
  };
}

async function recordAll(assignment: Assignment): Promise<void> {
  const { contender, origin, traffic, client } = assignment;
  const { record } = contender;
  if (record === undefined) {
    throw new UnableError('does not record');
  }
  const ask = await loadClient(client);
  const exchanges = exchangesOf(assignment);
  if (traffic.reads === 'chunks') {
    // A socket would not keep them apart.
    fillSlots(new BareDispatcher(origin, exchanges));
  }
  const stop = await record(assignment);
  const requests = requestsFor(exchanges, { ask, origin, reads: traffic.reads, atOnce: AT_ONCE });
  await requests.send();
  await stop();
  requests.check();
}
