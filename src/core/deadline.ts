import { clearTimeout, setTimeout } from './clock.js';

/** The work's own outcome, or a rejection with `late()` where it has not settled after `ms`. */
export function withDeadline<T>(work: () => PromiseLike<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms);
    // A function around the call, so that a port that throws instead of rejecting ends up here as well.
    Promise.resolve()
      .then(work)
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

/**
 * Resolves when the work is settled, or its time is up. Never rejects.
 *
 * @param keepsAlive Does the process live on for it?
 */
export function settledWithin(work: Promise<unknown>, ms: number, keepsAlive = true): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    if (!keepsAlive) {
      timer.unref();
    }
    const settled = () => {
      clearTimeout(timer);
      resolve();
    };
    work.then(settled, settled);
  });
}
