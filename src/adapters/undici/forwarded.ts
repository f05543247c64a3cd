import type { Recording } from '../../core/recording.js';

let dispatching = 0;
let open = 0;

/** Runs a dispatch of a request that goes live on a Broker's account. */
export function asForwarded<T>(dispatch: () => T): T {
  dispatching++;
  try {
    return dispatch();
  } finally {
    dispatching--;
  }
}

/** The same, for a request that is recorded: a retry or a redirect inside its dispatcher is on its account, too. */
export function asRecorded<T>(recording: Recording, dispatch: () => T): T {
  open++;
  void recording.settled.then(() => open--);
  try {
    return asForwarded(dispatch);
  } catch (error) {
    // A dispatch that throws instead of telling the handler has sent nothing.
    recording.discard();
    throw error;
  }
}

/** May a request that undici makes now be one that a Broker forwarded? */
export function isForwarding(): boolean {
  return dispatching > 0 || open > 0;
}
