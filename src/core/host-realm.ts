import { createHash } from 'node:crypto';

/**
 * The global object of the realm that Node itself runs in. A test runner may load this library into a VM context, which
 * has a `globalThis`, a `process` and an environment of its own; Node's own modules, and its `fetch`, are the host's.
 */
export const hostGlobal: typeof globalThis = realmOf(createHash) ?? globalThis;

/** The process itself: Jest gives its sandbox a copy, which hears of no exit and whose environment no child inherits. */
export const hostProcess: NodeJS.Process = hostGlobal.process;

/** Was this library loaded into a VM context? */
export const isInVmRealm: boolean = hostGlobal !== globalThis;

/** The global object of the realm that a function is of; undefined where code from strings is not allowed. */
export function realmOf(fn: object): typeof globalThis | undefined {
  if (fn instanceof Function) {
    return globalThis;
  }
  try {
    return (Reflect.get(fn, 'constructor') as FunctionConstructor)('return globalThis')();
  } catch {
    return undefined;
  }
}

const ENDS = Symbol.for('interposition.endsOfRealm');
const ofHost = hostGlobal as unknown as Record<symbol, Set<() => void> | undefined>;
const ends = new Set<() => void>();

/**
 * Ends the copy of this library that was loaded into another VM realm before. A test runner makes a realm for each file, one
 * after the other, and tells nobody of its end; what the copy has left with the host would keep the realm for good.
 */
export function beginRealm(): void {
  if (isInVmRealm && ofHost[ENDS] !== ends) {
    const before = ofHost[ENDS] ?? [];
    ofHost[ENDS] = ends;
    for (const end of before) {
      end();
    }
  }
}

/** Calls back where this copy's realm ends, and never in the host's. */
export function atEndOfRealm(callback: () => void): void {
  if (isInVmRealm) {
    ends.add(callback);
  }
}

/** Calls back each time that the process has nothing left to do; what is begun then keeps it running. */
export function whenIdle(callback: () => void): void {
  hostProcess.on('beforeExit', callback);
  atEndOfRealm(() => hostProcess.off('beforeExit', callback));
}

/** Calls back once: at the exit of the process, or where this copy's realm ends before. */
export function atEnd(callback: () => void): void {
  hostProcess.on('exit', callback);
  atEndOfRealm(() => {
    hostProcess.off('exit', callback);
    callback();
  });
}
