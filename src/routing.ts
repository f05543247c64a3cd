import { AsyncLocalStorage } from 'node:async_hooks';
import { watchNodeHttp } from './adapters/node-http/notice.js';
import type { Route, Router } from './adapters/undici/dispatch.js';
import { watchEscapes } from './adapters/undici/escapes.js';
import { type HeldSlots, holdSlots } from './adapters/undici/global-slots.js';
import { warnOnce } from './warnings.js';

const scopes = new AsyncLocalStorage<Route>();
const installations: Route[] = [];
let holders = 0;
let held: (HeldSlots & { unwatch(): void }) | undefined;

/** Who answers a request: the innermost scope that it is made in, else the installation that came last. */
export const currentRoute: Router = () => scopes.getStore() ?? installations.at(-1);

/** Runs a function in a scope; what it starts belongs to the scope, however long it lives. */
export function runInScope<T>(route: Route, fn: () => T): T {
  return scopes.run(route, fn);
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

/** Brings the process's requests to the routes. Gives the undo; the last one restores what was there. */
export function interceptGlobals(): () => void {
  holders++;
  if (held === undefined) {
    const slots = holdSlots(currentRoute);
    const unwatch = [
      watchEscapes(slots, currentRoute, warnOnce),
      watchNodeHttp(() => currentRoute() !== undefined, warnOnce),
    ];
    held = {
      ...slots,
      unwatch() {
        for (const stop of unwatch) {
          stop();
        }
      },
    };
  }
  let undone = false;
  return () => {
    if (!undone && --holders === 0) {
      held?.unwatch();
      held?.release();
      held = undefined;
    }
    undone = true;
  };
}
