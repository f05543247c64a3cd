import { loadClient } from '../clients/client.js';
import { BareDispatcher } from '../contenders/bare/dispatcher.js';
import { fillSlots } from '../contenders/bare/slots.js';
import { exchangesOf } from '../contenders/contender.js';
import { askAll } from './asking.js';
import type { Task } from './task.js';
import type { Assignment } from './tasks.js';

const AT_ONCE = 16;

/**
 * Records every exchange with the contender's own recorder. A contender without one has nothing to
 * prepare.
 *
 * What it records comes from a bare dispatcher where it goes through the global one: a socket would not keep chunks apart.
 */
export async function prepare(assignment: Assignment): Promise<Task> {
  const { contender, origin, traffic, client } = assignment;
  const { record } = contender;
  if (record === undefined) {
    return { round: async () => 0, stop: async () => {} };
  }
  return {
    async round() {
      const ask = await loadClient(client);
      const exchanges = exchangesOf(assignment);
      if (traffic.reads === 'chunks') {
        fillSlots(new BareDispatcher(origin, exchanges));
      }
      const stop = await record(assignment);
      const ns = await askAll(exchanges, { ask, origin, reads: traffic.reads, atOnce: AT_ONCE });
      await stop();
      return ns;
    },
    async stop() {},
  };
}
