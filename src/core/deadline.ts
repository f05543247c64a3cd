import { clearTimeout, monotonicNow, setTimeout } from './clock.js';

/** A timer that is later than this was held up: something kept the event loop from going on. */
const HELD_UP_MS = 10;

/**
 * The work's own outcome, or a rejection with `late()` where it has not settled after `ms`. Time in which the event loop
 * did not go on is given again, as nothing could have settled in it; but not for longer than `ms`, as in a program that
 * is always busy.
 */
export function withDeadline<T>(work: () => PromiseLike<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout>;
    let leftMs = ms;
    const wait = (timeMs: number) => {
      const due = monotonicNow() + timeMs;
      timer = setTimeout(() => {
        const heldUpMs = monotonicNow() - due;
        if (heldUpMs > HELD_UP_MS && leftMs > 0) {
          const againMs = Math.min(heldUpMs, leftMs);
          leftMs -= againMs;
          wait(againMs);
        } else {
          reject(late());
        }
      }, timeMs);
    };
    wait(ms);
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
