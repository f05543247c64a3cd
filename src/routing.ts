import { AsyncLocalStorage } from 'node:async_hooks';
import { types } from 'node:util';
import { interceptClientRequests } from './adapters/node-http/interceptor.js';
import { watchNodeHttp } from './adapters/node-http/notice.js';
import { watchNodeHttp2 } from './adapters/node-http2/notice.js';
import { type HeldSlots, holdSlots } from './adapters/undici/global-slots.js';
import { watchRequests } from './adapters/undici/guard.js';
import { holdOwnDispatchers, meetLoadedInRealm } from './adapters/undici/own-dispatchers.js';
import { InvalidOptionError } from './core/errors.js';
import { atEndOfRealm, beginRealm } from './core/host-realm.js';
import type { Route, Router } from './core/route.js';
import { warnOnce } from './warnings.js';

/** A scope that is entered; its route is not there yet while its cassette is being opened. */
interface Entered {
  route: Route | undefined;
}

const scopes = new AsyncLocalStorage<Entered | undefined>();
/** The scope of what is not the program's. */
const ASIDE: Entered = { route: undefined };
const installations: Route[] = [];
let outside: Route | undefined;
let holders = 0;
let release: (() => void) | undefined;
let held: HeldSlots | undefined;

/**
 * Who answers a request: the innermost scope that it is made in, else the installation that came last, else what scopes
 * have said of requests outside of them.
 */
export const currentRoute: Router = () => {
  const entered = scopes.getStore();
  return entered === ASIDE ? undefined : (entered?.route ?? installations.at(-1) ?? outside);
};

/** The same for a request of node:http. */
const nodeHttpRoute: Router = () => {
  const route = currentRoute();
  return route?.nodeHttp ? route : undefined;
};

/** Runs a function in a scope; what it starts belongs to the scope, however long it lives. */
export function runInScope<T>(route: Route, fn: () => T): T {
  return scopes.run({ route }, fn);
}

/** Runs what is not the program's: its requests are nobody's, wherever it is called. */
export function runAside<T>(fn: () => T): T {
  return scopes.run(ASIDE, fn);
}

/**
 * @param call Which function it was given to.
 * @param argument What it is there.
 * @throws InvalidOptionError for what is no function, and for a generator function: what that does is done by whoever
 * iterates, outside the scope.
 */
export function checkScopeFunction(call: string, argument: string, fn: unknown): void {
  if (typeof fn !== 'function') {
    throw new InvalidOptionError(call, `${argument} is not a function.`);
  }
  if (types.isGeneratorFunction(fn)) {
    throw new InvalidOptionError(
      call,
      `${argument} is a generator function, which runs where it is iterated, and not in the scope. Iterate it in a function.`,
    );
  }
}

/** A scope that lasts from a call to a call, in the asynchronous context of the first. */
export interface LastingScope {
  /** From here on it has a route; what encloses it answers before. */
  begin(route: Route): void;
  /** What was started in it, and is still running, belongs to what encloses it. */
  end(): void;
}

/** Enters a scope, at once: an async function that calls this is in it after its next `await`, too. */
export function enterScope(): LastingScope {
  const enclosing = scopes.getStore();
  const entered: Entered = { route: enclosing?.route };
  scopes.enterWith(entered);
  return {
    begin(route) {
      entered.route = route;
    },
    end() {
      // The context of whoever called may have taken the scope over, and nothing leads back there.
      entered.route = enclosing?.route;
      if (scopes.getStore() === entered) {
        scopes.enterWith(enclosing);
      }
    },
  };
}

/**
 * Binds a function to the scope that it is bound in: what it does when it is called belongs to that scope, whoever calls
 * it, and from whichever other scope. For clients that keep callbacks, or gather calls and send them later.
 *
 * @returns A function that does what `fn` does. Bound outside every scope, it is outside wherever it is called.
 * @throws InvalidOptionError for what is no function, and for a generator function.
 */
export function bindScope<This, Args extends unknown[], Result>(
  fn: (this: This, ...args: Args) => Result,
): (this: This, ...args: Args) => Result {
  checkScopeFunction('bindScope', 'its argument', fn);
  const scope = scopes.getStore();
  return function bound(this: This, ...args: Args): Result {
    return scopes.run(scope, () => Reflect.apply(fn, this, args) as Result);
  };
}

/** Makes a route answer what is outside every scope. Gives the undo, in whatever order undos are called. */
export function routeEverything(route: Route): () => void {
  installations.push(route);
  return () => {
    const place = installations.indexOf(route);
    if (place >= 0) {
      installations.splice(place, 1);
    }
  };
}

/** Makes a route, for good, speak for what is outside every scope and every installation. The last one does. */
export function routeOutside(route: Route): void {
  outside = route;
}

/** Brings the process's requests to the routes. Gives the undo; the last one restores what was there. */
export function interceptGlobals(): () => void {
  holders++;
  release ??= interceptEverything();
  reclaim();
  let undone = false;
  return () => {
    if (!undone && --holders === 0) {
      release?.();
      release = undefined;
    }
    undone = true;
  };
}

/** Intercepts what the program has loaded or replaced meanwhile where no hook saw it. */
export function reclaim(): void {
  held?.reclaim();
  meetLoadedInRealm();
}

function interceptEverything(): () => void {
  beginRealm();
  const slots = holdSlots(currentRoute);
  held = slots;
  const undos = [
    () => slots.release(),
    holdOwnDispatchers(currentRoute),
    watchRequests(slots, currentRoute, warnOnce),
    interceptClientRequests(nodeHttpRoute),
    watchNodeHttp(() => currentRoute()?.nodeHttp === false, warnOnce),
    watchNodeHttp2(concernsRoute, warnOnce),
  ];
  const undo = () => {
    held = undefined;
    for (const undo of undos.splice(0).reverse()) {
      undo();
    }
  };
  atEndOfRealm(undo);
  return undo;
}

function concernsRoute(origin: string): boolean {
  const route = currentRoute();
  return (
    route !== undefined &&
    route.guard !== 'off' &&
    !route.passes({ protocol: 'http', action: 'GET', target: origin, headers: [] })
  );
}
