import { types } from 'node:util';
import type { Router } from '../../core/route.js';
import { dispatchBrokered } from './dispatch.js';
import type { UpstreamDispatcher } from './forward.js';
import { originOf } from './origin.js';
import type { Dispatch, DispatcherLike } from './protocol.js';

/** What is done to a dispatcher so that its requests go through a router. */
interface Interception {
  /** What takes the dispatcher's place: itself, or a Proxy of it. */
  readonly stand: DispatcherLike;
  readonly dispatch: Dispatch;
  /** What it did before. */
  readonly upstream: Dispatch;
  undo(): void;
}

const REPLACED = Symbol.for('interposition.replaced');

/** A `dispatch` of ours knows which one it replaced: another copy of this library may have put its own around it. */
interface Replacing extends Dispatch {
  [REPLACED]?: Replacing;
}

const own = new WeakSet<Dispatch>();

// By the dispatcher and, where that is another object, by what takes its place.
const interceptions = new WeakMap<object, Interception>();
const targets = new WeakMap<object, DispatcherLike>();

/**
 * Makes a dispatcher route each request through the Broker that is responsible for it; in everything else it stays what
 * it is. Only its `dispatch` is replaced, on the object itself, so that it is still the one that the program knows. A
 * Proxy cannot be changed so (what undici's `compose` gives is one), and gets a Proxy around it.
 *
 * @param options.version The major version of undici that it is of, where that is known.
 * @param options.used Called at each dispatch.
 * @returns What takes the dispatcher's place. The same one each time.
 */
export function interceptDispatcher(
  target: DispatcherLike,
  router: Router,
  { version, used }: { readonly version: number | undefined; readonly used: () => void },
): DispatcherLike {
  if (isIntercepted(target)) {
    return interceptions.get(target)?.stand ?? target;
  }
  const { dispatch: original } = target;
  const upstream: UpstreamDispatcher = {
    dispatch: (options, handler) => Reflect.apply(original, target, [options, handler]),
    dispatcher: target,
    origin: originOf(target),
    version,
  };
  const dispatch: Replacing = (options, handler) => {
    used();
    return dispatchBrokered(upstream, router, options, handler);
  };
  dispatch[REPLACED] = original;
  own.add(dispatch);
  const members: Members = { dispatch, isMockActive: () => router()?.broker.mode === 'replay' };
  const interception = {
    ...(changedInPlace(target, members) ?? wrapped(target, dispatch)),
    dispatch,
    upstream: upstream.dispatch,
  };
  interceptions.set(target, interception);
  interceptions.set(interception.stand, interception);
  targets.set(interception.stand, target);
  return interception.stand;
}

/** Does its `dispatch` go through a router of this copy? Not any more where somebody has replaced it since. */
export function isIntercepted(dispatcher: DispatcherLike): boolean {
  let dispatch: Replacing | undefined = dispatcher.dispatch;
  while (dispatch !== undefined && !own.has(dispatch)) {
    dispatch = dispatch[REPLACED];
  }
  return dispatch !== undefined;
}

/** What a dispatcher would do if it were not intercepted. */
export function uninterceptedDispatch(dispatcher: DispatcherLike): Dispatch {
  return interceptions.get(dispatcher)?.upstream ?? ((...call) => dispatcher.dispatch(...call));
}

/** The program's own dispatcher; for one that was never intercepted, itself. */
export function ownDispatcher(dispatcher: object): object {
  return targets.get(dispatcher) ?? dispatcher;
}

/** Undoes the interception; gives the program's own dispatcher. */
export function releasedDispatcher(dispatcher: object): object {
  interceptions.get(dispatcher)?.undo();
  return ownDispatcher(dispatcher);
}

type Stand = Pick<Interception, 'stand' | 'undo'>;

interface Members {
  readonly dispatch: Dispatch;
  /**
   * Asked by fetch, which then hands over a body's source (a string stays a string), and not an async iterable of it:
   * it can be looked up at once. Only while nothing goes out.
   */
  readonly isMockActive: () => boolean;
}

function changedInPlace(target: DispatcherLike, { dispatch, isMockActive }: Members): Stand | undefined {
  const before = Object.getOwnPropertyDescriptor(target, 'dispatch');
  if (types.isProxy(target) || !Object.isExtensible(target) || before?.configurable === false) {
    return undefined;
  }
  Object.defineProperty(target, 'dispatch', {
    value: dispatch,
    configurable: true,
    enumerable: before?.enumerable ?? false,
    writable: true,
  });
  const tellsOfMocks = 'isMockActive' in target;
  if (!tellsOfMocks) {
    Object.defineProperty(target, 'isMockActive', { get: isMockActive, configurable: true });
  }
  return {
    stand: target,
    undo() {
      if (!tellsOfMocks) {
        Reflect.deleteProperty(target, 'isMockActive');
      }
      if (target.dispatch !== dispatch) {
        return;
      }
      if (before === undefined) {
        Reflect.deleteProperty(target, 'dispatch');
      } else {
        Object.defineProperty(target, 'dispatch', before);
      }
    },
  };
}

// With these the wrapper itself is `this`, so that what they dispatch comes back to it.
const RUN_ON_THE_WRAPPER = new Set<PropertyKey>([
  'compose',
  'request',
  'stream',
  'pipeline',
  'connect',
  'upgrade',
]);

function wrapped(target: DispatcherLike, dispatch: Dispatch): Stand {
  const bound = new Map<PropertyKey, { readonly from: unknown; readonly to: unknown }>();
  const stand: DispatcherLike = new Proxy(target, {
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
        method = { from: value, to: boundMethod(value, target, () => stand) };
        bound.set(key, method);
      }
      return method.to;
    },
    set: (_, key, value) => Reflect.set(target, key, value, target),
  });
  return { stand, undo() {} };
}

/** The method on the target; where it gives the target back, to be chained, that is the wrapper. */
function boundMethod(method: unknown, target: object, wrapper: () => object) {
  return (...args: unknown[]) => {
    const result: unknown = Reflect.apply(method as () => unknown, target, args);
    return result === target ? wrapper() : result;
  };
}
