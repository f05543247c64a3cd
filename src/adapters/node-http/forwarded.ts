import type { CoreBroker } from '../../core/broker.js';
import type { Recording } from '../../core/recording.js';

let dispatching = 0;
const open = new WeakMap<CoreBroker, number>();

/** Hands a request that goes live on a Broker's account to its agent. */
export function asForwarded(broker: CoreBroker, recording: Recording, connect: () => void): void {
  count(broker, 1);
  void recording.settled.then(() => count(broker, -1));
  dispatching++;
  try {
    connect();
  } finally {
    dispatching--;
  }
}

/** May a CONNECT that is made now be the tunnel of a request that this Broker forwarded? */
export function isForwarding(broker: CoreBroker): boolean {
  return dispatching > 0 || (open.get(broker) ?? 0) > 0;
}

function count(broker: CoreBroker, change: number): void {
  open.set(broker, (open.get(broker) ?? 0) + change);
}
