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
  readonly #queues = new Map<string, Place[]>();

  take(name: string, order: number): Turn {
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    const place = new Place(order, () => this.#advance(name, queue));
    queue.push(place);
    if (queue.length === 1) {
      place.atTheHead();
    }
    return place;
  }

  /** Is a request that may be identical to this one waiting for its turn? */
  waiting(head: RequestHead): boolean {
    return this.#queues.size > 0 && this.#queues.has(turnName(head));
  }

  #advance(name: string, queue: Place[]): void {
    while (queue[0]?.isDone) {
      queue.shift();
    }
    if (queue.length === 0) {
      this.#queues.delete(name);
    }
    queue[0]?.atTheHead();
  }
}

class Place implements Turn {
  readonly order: number;
  readonly #advance: () => void;
  #isAtTheHead = false;
  #isDone = false;
  #earlier: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(order: number, advance: () => void) {
    this.order = order;
    this.#advance = advance;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  get earlier(): Promise<void> {
    if (this.#isAtTheHead) {
      return Promise.resolve();
    }
    this.#earlier ??= deferred();
    return this.#earlier.promise;
  }

  done(): void {
    if (!this.#isDone) {
      this.#isDone = true;
      this.#advance();
    }
  }

  atTheHead(): void {
    this.#isAtTheHead = true;
    this.#earlier?.resolve();
  }
}

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Requests of one name may be identical. */
export function turnName({ action, target }: RequestHead): string {
  return `${action} ${target}`;
}
