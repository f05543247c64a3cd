import { dispatchBrokered, type Router } from './dispatch.js';
import { originOf } from './origin.js';
import type { Dispatch, DispatcherLike } from './protocol.js';

// With these the wrapper itself is `this`, so that what they dispatch comes back to it.
const RUN_ON_THE_WRAPPER = new Set<PropertyKey>([
  'compose',
  'request',
  'stream',
  'pipeline',
  'connect',
  'upgrade',
]);

const targets = new WeakMap<object, DispatcherLike>();
const wrappers = new WeakMap<object, DispatcherLike>();

/**
 * A dispatcher that routes each request through the Broker that is responsible for it, and is in everything else the
 * one that it wraps: its class, its events, its life. There is one wrapper a dispatcher.
 *
 * @param used Called at each dispatch.
 */
export function wrapDispatcher(target: DispatcherLike, router: Router, used: () => void): DispatcherLike {
  const existing = wrappers.get(target) ?? (targets.has(target) ? target : undefined);
  if (existing !== undefined) {
    return existing;
  }
  const upstream: Dispatch = (options, handler) => target.dispatch(options, handler);
  const dispatch: Dispatch = (options, handler) => {
    used();
    return dispatchBrokered(upstream, router, originOf(target), options, handler);
  };
  const bound = new Map<PropertyKey, { readonly from: unknown; readonly to: unknown }>();
  const wrapper: DispatcherLike = new Proxy(target, {
    get(_, key) {
      if (key === 'dispatch') {
        return dispatch;
      }
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function' || key === 'constructor' || RUN_ON_THE_WRAPPER.has(key)) {
        return value;
      }
      const own = Reflect.getOwnPropertyDescriptor(target, key);
      if (own?.configurable === false && own.writable === false) {
        // Not ours to replace: a Proxy has to give it as it is.
        return value;
      }
      // Bound, because a class's private members are not the Proxy's.
      let method = bound.get(key);
      if (method?.from !== value) {
        method = { from: value, to: boundMethod(value, target, () => wrapper) };
        bound.set(key, method);
      }
      return method.to;
    },
    set: (_, key, value) => Reflect.set(target, key, value, target),
  });
  wrappers.set(target, wrapper);
  targets.set(wrapper, target);
  return wrapper;
}

/** The dispatcher inside a wrapper; undefined for one that is no wrapper. */
export function unwrapped(dispatcher: unknown): DispatcherLike | undefined {
  return typeof dispatcher === 'object' && dispatcher !== null ? targets.get(dispatcher) : undefined;
}

/** The method on the target; where it gives the target back, to be chained, that is the wrapper. */
function boundMethod(method: unknown, target: object, wrapper: () => object) {
  return (...args: unknown[]) => {
    const result: unknown = Reflect.apply(method as () => unknown, target, args);
    return result === target ? wrapper() : result;
  };
}
