import { setImmediate } from '../../core/clock.js';
import { wrapMethod } from '../../core/wrap-method.js';
import type { Exchange } from './exchange.js';

/**
 * The exchanges that a dispatcher was asked for, and that recordings answer in its place. They are bound to it as those are
 * that come to it: its `close()` waits for them, and its `destroy()` fails them with the same error.
 */
export class Pending {
  /** Where it is the only one: a Set that one is put into and taken out of again and again makes its table anew. */
  #sole: Exchange | undefined;
  readonly #others = new Set<Exchange>();
  #settled: (() => void)[] = [];

  add(exchange: Exchange): void {
    if (this.#isEmpty) {
      this.#sole = exchange;
    } else {
      this.#others.add(exchange);
    }
  }

  delete(exchange: Exchange): void {
    if (exchange === this.#sole) {
      this.#sole = undefined;
    } else if (!this.#others.delete(exchange)) {
      return;
    }
    if (this.#isEmpty) {
      for (const settled of this.#settled.splice(0)) {
        // Live a connection has to end first, and meanwhile the program reads the rest of its bodies.
        setImmediate(settled);
      }
    }
  }

  /** Resolves once there is none. */
  whenSettled(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isEmpty) {
        resolve();
      } else {
        this.#settled.push(resolve);
      }
    });
  }

  fail(error: unknown): void {
    for (const exchange of [this.#sole, ...this.#others]) {
      exchange?.abort(error);
    }
  }

  get #isEmpty(): boolean {
    return this.#sole === undefined && this.#others.size === 0;
  }
}

const known = new WeakMap<object, Pending | null>();

/** Those of a dispatcher; undefined for one that is not of undici's classes. */
export function pendingOf(dispatcher: object): Pending | undefined {
  let pending = known.get(dispatcher);
  if (pending === undefined) {
    pending = boundTo(dispatcher) ?? null;
    known.set(dispatcher, pending);
  }
  return pending ?? undefined;
}

type Ends = Record<symbol, (error?: unknown) => Promise<unknown>>;

function boundTo(dispatcher: object): Pending | undefined {
  // What undici's classes do in `close` and `destroy`, once they have seen to states and callbacks.
  const close = methodNamed(dispatcher, 'close');
  const destroy = methodNamed(dispatcher, 'destroy');
  if (close === undefined || destroy === undefined || !Object.isExtensible(dispatcher)) {
    return undefined;
  }
  const pending = new Pending();
  wrapMethod(dispatcher as Ends, close, (original) => () => Promise.all([original(), pending.whenSettled()]));
  wrapMethod(dispatcher as Ends, destroy, (original) => (error) => {
    pending.fail(error);
    return original(error);
  });
  return pending;
}

/** The symbol with this description that an object has a method by. */
function methodNamed(object: object, description: string): symbol | undefined {
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
    const symbol = Object.getOwnPropertySymbols(at).find((one) => one.description === description);
    if (symbol !== undefined && typeof Reflect.get(object, symbol) === 'function') {
      return symbol;
    }
  }
  return undefined;
}
