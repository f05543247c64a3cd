import { channel } from 'node:diagnostics_channel';
import type { CoreBroker } from '../../core/broker.js';
import type { Recording } from '../../core/recording.js';

/** What goes live on a Broker's account at this moment. */
interface Forwarding {
  /** How many dispatches are on the stack. */
  dispatching: number;
  /** Recordings that have not ended, by their Broker. */
  readonly open: WeakMap<object, number>;
}

// Other copies of this library ask too, also from another realm, which has a `globalThis` of its own. A channel is one
// object in the whole process, for as long as somebody holds it: so it is used by the functions below, and not only here.
const shared = channel(Symbol.for('interposition.forwarding')) as unknown as { forwarding: Forwarding };
shared.forwarding ??= { dispatching: 0, open: new WeakMap() };

/** Runs a dispatch of a request that goes live on a Broker's account. */
export function asForwarded<T>(dispatch: () => T): T {
  shared.forwarding.dispatching++;
  try {
    return dispatch();
  } finally {
    shared.forwarding.dispatching--;
  }
}

/** The same, for a request that is recorded: a retry or a redirect inside its dispatcher is on its account, too. */
export function asRecorded<T>(broker: CoreBroker, recording: Recording, dispatch: () => T): T {
  count(broker, 1);
  void recording.settled.then(() => count(broker, -1));
  try {
    return asForwarded(dispatch);
  } catch (error) {
    // A dispatch that throws instead of telling the handler has sent nothing.
    recording.discard();
    throw error;
  }
}

/** May a request that undici makes now be one that this Broker forwarded, or one that any of them is dispatching? */
export function isForwarding(broker: CoreBroker): boolean {
  const { dispatching, open } = shared.forwarding;
  return dispatching > 0 || (open.get(broker) ?? 0) > 0;
}

function count(broker: CoreBroker, change: number): void {
  const { open } = shared.forwarding;
  open.set(broker, (open.get(broker) ?? 0) + change);
}
