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
