import { monotonicNow, setImmediate, setTimeout } from './clock.js';

/** How long a program may take over one chunk before it gets the next one all the same. */
const READER_PATIENCE_MS = 500;

/** So many turns of the event loop a reader is looked at before a timer is worth it. */
const EAGER_TURNS = 10;

/**
 * Waits for a reader: a chunk that it has not taken yet would be joined with the next one. For one that does not take
 * them one by one, such as one that wants so many bytes at once, nobody waits for long, and not twice.
 */
export class Patience {
  readonly #isBehind: () => boolean;
  #takesSeveral = false;

  constructor(isBehind: () => boolean) {
    this.#isBehind = isBehind;
  }

  /** Calls back, in a later turn of the event loop, when the reader has taken what it was given. */
  whenTaken(callback: () => void): void {
    const patienceEnds = monotonicNow() + READER_PATIENCE_MS;
    const look = (turns: number) => {
      if (this.#takesSeveral || !this.#isBehind()) {
        callback();
      } else if (turns > 0) {
        setImmediate(look, turns - 1);
      } else {
        this.#takesSeveral = monotonicNow() > patienceEnds;
        setTimeout(look, 1, 0);
      }
    };
    setImmediate(look, EAGER_TURNS);
  }
}
