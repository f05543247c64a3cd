import { setImmediate } from '../../core/clock.js';
import { wrapMethod } from '../../core/wrap-method.js';
import type { Exchange } from './exchange.js';

/**
 * The exchanges that a dispatcher was asked for, and that recordings answer in its place. They are bound to it as those are
 * that come to it: its `close()` waits for them, and its `destroy()` fails them with the same error.
 */
export class Pending {
  readonly #exchanges = new Set<Exchange>();
  #settled: (() => void)[] = [];

  add(exchange: Exchange): void {
    this.#exchanges.add(exchange);
  }

  delete(exchange: Exchange): void {
    if (this.#exchanges.delete(exchange) && this.#exchanges.size === 0) {
      for (const settled of this.#settled.splice(0)) {
        // Live a connection has to end first, and meanwhile the program reads the rest of its bodies.
        setImmediate(settled);
      }
    }
  }

  /** Resolves once there is none. */
  whenSettled(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#exchanges.size === 0) {
        resolve();
      } else {
        this.#settled.push(resolve);
      }
    });
  }

  fail(error: unknown): void {
    for (const exchange of [...this.#exchanges]) {
      exchange.abort(error);
    }
  }
}

const known = new WeakMap<object, Pending | undefined>();

/** Those of a dispatcher; undefined for one that is not of undici's classes. */
export function pendingOf(dispatcher: object): Pending | undefined {
  if (!known.has(dispatcher)) {
    known.set(dispatcher, boundTo(dispatcher));
  }
  return known.get(dispatcher);
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
