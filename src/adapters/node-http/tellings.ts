import { queueMicrotask } from '../../core/clock.js';

/** Tells the program something; with the error, where what was to be saved before is not. */
export type Telling = (unsaved: Error | undefined) => void;

/** What a program is told: at once, or, where something has to be saved before, after that and in its order. */
export class Tellings {
  #waiting: Telling[] | undefined;

  /** Does anything wait for a save? */
  get wait(): boolean {
    return this.#waiting !== undefined;
  }

  tell(telling: Telling): void {
    if (this.#waiting === undefined) {
      telling(undefined);
    } else {
      this.#waiting.push(telling);
    }
  }

  /**
   * Holds back this and what is to be told from now on, until the save is through.
   *
   * @param later Calls back between the one and the next.
   */
  holdBack(saved: Promise<void>, telling: Telling, later: (callback: () => void) => void): void {
    const waiting = [telling];
    this.#waiting = waiting;
    const tellNext = (unsaved: Error | undefined) => {
      const next = waiting.shift();
      if (waiting.length === 0) {
        this.#waiting = undefined;
      } else {
        later(() => tellNext(unsaved));
      }
      next?.(unsaved);
    };
    // What the program throws is to be an uncaught exception, and not a rejection.
    saved.then(
      () => queueMicrotask(() => tellNext(undefined)),
      (unsaved: Error) => queueMicrotask(() => tellNext(unsaved)),
    );
  }
}
