import { isInVmRealm } from '../../core/host-realm.js';
import { IterableWeakSet } from '../../core/iterable-weak-set.js';
import type { Router } from '../../core/route.js';
import { dispatchBrokered } from './dispatch.js';
import { BROKERED, copied, type UpstreamDispatcher } from './forward.js';
import { asForwarded } from './forwarded.js';
import { hookUndici, type LoadedModule, loadedUndici, type UndiciModule } from './load-hook.js';
import { originOf } from './origin.js';
import { isMockAgent, isShut, noteParts, partOf } from './parts.js';
import {
  type Dispatch,
  type DispatcherLike,
  type DispatchOptions,
  type Handler,
  isControllerHandler,
} from './protocol.js';

/**
 * The modules of undici whose class has a `dispatch` of its own; the other classes have that of `dispatcher-base`. Not
 * `retry-agent`: like an interceptor, it is a layer of the program's around a dispatcher.
 */
const CLASSES: readonly UndiciModule[] = ['dispatcher-base', 'proxy-agent', 'mock-agent'];

/** A request that has no route here. Another copy of this library may have one for it, and does not know this mark. */
const LEFT_ALONE = Symbol('interposition: left alone');

/** The prototype of every such class that was met. One that a test runner's sandbox has loaded ends with the sandbox. */
const met = new IterableWeakSet<DispatcherLike>();
/** By such a prototype: the major version of its undici. */
const versions = new WeakMap<DispatcherLike, number>();
/** By those whose `dispatch` is replaced: the undo. */
const replaced = new WeakMap<DispatcherLike, () => void>();
/** Dispatchers whose classes were met. */
const known = new WeakSet<object>();
let holder: Router | undefined;
let hooked = false;

/**
 * Brokers what a program's own dispatchers are asked, those of every npm undici that was loaded or will be: until the
 * undo, which it gives, `dispatch` of undici's classes is replaced.
 */
export function holdOwnDispatchers(router: Router): () => void {
  holder = router;
  hookClasses();
  for (const prototype of met) {
    replaceDispatch(prototype);
  }
  return () => {
    holder = undefined;
    for (const prototype of met) {
      replaced.get(prototype)?.();
      replaced.delete(prototype);
    }
  };
}

// For good, because undici's later copies are to be known to a later holder.
function hookClasses(): void {
  if (!hooked) {
    hooked = true;
    for (const name of CLASSES) {
      hookUndici(name, { after: meet });
    }
    meetLoaded();
  }
}

function meetLoaded(): void {
  for (const name of CLASSES) {
    for (const loaded of loadedUndici(name)) {
      meet(loaded);
    }
  }
}

/** Meets what a test runner's own loader has loaded since: no hook is told of that. */
export function meetLoadedInRealm(): void {
  if (isInVmRealm) {
    meetLoaded();
  }
}

/**
 * Meets the classes of a dispatcher that another loader than Node's has loaded.
 *
 * @param version The major version of its undici.
 */
export function meetClassesOf(dispatcher: object, version: number): void {
  let prototype = known.has(dispatcher) ? null : (Object.getPrototypeOf(dispatcher) as DispatcherLike | null);
  known.add(dispatcher);
  for (; prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    const { name } = prototype.constructor;
    if (Object.hasOwn(prototype, 'dispatch') && name !== 'Dispatcher' && name !== 'Dispatcher1Wrapper') {
      meet({ exports: { prototype }, version });
    }
  }
}

function meet({ exports, version }: LoadedModule): void {
  const { prototype } = exports as { prototype?: DispatcherLike };
  if (typeof prototype?.dispatch !== 'function' || versions.has(prototype)) {
    return;
  }
  met.add(prototype);
  versions.set(prototype, version);
  if (holder !== undefined) {
    replaceDispatch(prototype);
  }
}

function replaceDispatch(prototype: DispatcherLike): void {
  const before = Object.getOwnPropertyDescriptor(prototype, 'dispatch');
  if (before?.configurable !== true || replaced.has(prototype)) {
    return;
  }
  const dispatch = brokering(prototype.dispatch, versions.get(prototype) as number);
  Object.defineProperty(prototype, 'dispatch', { ...before, value: dispatch });
  replaced.set(prototype, () => {
    // Where somebody has replaced it since, ours stays inside theirs, and passes everything on.
    if (prototype.dispatch === dispatch) {
      Object.defineProperty(prototype, 'dispatch', before);
    }
  });
}

function brokering(original: Dispatch, version: number): Dispatch {
  const upstreams = new WeakMap<object, UpstreamDispatcher>();
  const upstreamOf = (dispatcher: DispatcherLike): UpstreamDispatcher => {
    let upstream = upstreams.get(dispatcher);
    if (upstream === undefined) {
      noteParts(dispatcher);
      upstream = {
        dispatch: (options, handler) => Reflect.apply(original, dispatcher, [options, handler]),
        dispatcher,
        origin: originOf(dispatcher),
        version,
      };
      upstreams.set(dispatcher, upstream);
    }
    return upstream;
  };
  return function dispatch(this: DispatcherLike, options: DispatchOptions, handler: Handler): boolean {
    return dispatchOutermost(this, upstreamOf(this), options, handler);
  };
}

/** Brokers a request at the first dispatcher that it comes to; the further ones pass it on. */
function dispatchOutermost(
  dispatcher: object,
  upstream: UpstreamDispatcher,
  options: DispatchOptions,
  handler: Handler,
): boolean {
  if (holder === undefined || typeof options !== 'object' || options === null) {
    return upstream.dispatch(options, handler);
  }
  if (BROKERED in options || LEFT_ALONE in options) {
    return asForwarded(() => upstream.dispatch(options, handler));
  }
  const part = partOf(dispatcher);
  if (part === 'tunnel') {
    // Whatever asked for the tunnel has been brokered.
    return passOn(upstream, options, handler, BROKERED);
  }
  const isRefused = isShut(dispatcher) || !isTaken(handler, upstream);
  // A MockPool comes here only with what it lets through, and that is brokered.
  const isAnswered = part === 'mocked' || isMockAgent(dispatcher);
  // One that does not know where the request goes has another inside, which does, or refuses it.
  const isWayKnown = Boolean(options.origin) || upstream.origin !== undefined;
  if (isAnswered || isRefused || !isWayKnown) {
    return upstream.dispatch(options, handler);
  }
  const route = holder();
  if (route === undefined) {
    // Left alone further inside, too: what queues it may dispatch it in a scope that another request was made in.
    return passOn(upstream, options, handler, LEFT_ALONE);
  }
  return dispatchBrokered(upstream, () => route, options, handler);
}

function passOn(
  upstream: UpstreamDispatcher,
  options: DispatchOptions,
  handler: Handler,
  mark: symbol,
): boolean {
  return asForwarded(() => upstream.dispatch(Object.assign(copied(options), { [mark]: true }), handler));
}

/** undici 8 takes no handlers of the older protocol. */
function isTaken(handler: Handler | null | undefined, { version = 0 }: UpstreamDispatcher): boolean {
  return version < 8 || (typeof handler === 'object' && handler !== null && isControllerHandler(handler));
}
