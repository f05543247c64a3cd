import type { RequestHead } from './recording.js';

/** A request's place in the queue of those whose bodies are still being read. */
export interface Turn {
  /** Its place among all requests of its Broker, reserved at its dispatch. */
  readonly order: number;
  /** Resolves when every request of the same action and target that was dispatched before has had its turn. */
  readonly earlier: Promise<void>;
  /** This request has been looked up, or has failed: the ones behind it may go on. */
  done(): void;
}

/** Keeps identical requests in the order of their dispatch where their bodies arrive in another. */
export class Turns {
  readonly #tails = new Map<string, Promise<void>>();

  take(name: string, order: number): Turn {
    const earlier = this.#tails.get(name) ?? Promise.resolve();
    let done!: () => void;
    const own = new Promise<void>((resolve) => {
      done = resolve;
    });
    const tail = Promise.all([earlier, own]).then(() => {
      if (this.#tails.get(name) === tail) {
        this.#tails.delete(name);
      }
    });
    this.#tails.set(name, tail);
    return { order, earlier, done };
  }

  /** Is a request of this name waiting for its turn? */
  waiting(name: string): boolean {
    return this.#tails.has(name);
  }
}

/** Requests of one name may be identical. */
export function turnName({ action, target }: RequestHead): string {
  return `${action} ${target}`;
}
