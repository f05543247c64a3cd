import { channel } from 'node:diagnostics_channel';
import type { CompileFunctionOptions, Context } from 'node:vm';
import { hostGlobal, hostProcess, isInVmRealm, realmOf } from '../../core/host-realm.js';
import { IterableWeakSet } from '../../core/iterable-weak-set.js';

/** The global object of a VM realm. An npm undici that is loaded there has its global slots there. */
export type Realm = Record<symbol, unknown>;

/** Not kept from being collected: a test runner makes one for each file. */
const realms = new IterableWeakSet<Realm>();
const byContext = new WeakMap<Context, Realm>();
const metClasses = new WeakSet<object>();

/** A channel is one for all realms. On this one a copy of the library in a realm says so, before it does anything there. */
const announcements = channel(Symbol.for('interposition.realms'));

/** The VM realms that are known and still there. */
export function liveRealms(): Realm[] {
  return [...realms];
}

/**
 * Knows the realm of an object's class from now on.
 *
 * @param madeThere Such as a request of an undici that was loaded there.
 */
export function meetRealmOf(madeThere: object): void {
  const { constructor: madeBy } = madeThere;
  if (!metClasses.has(madeBy)) {
    metClasses.add(madeBy);
    know((realmOf(madeBy) ?? hostGlobal) as unknown as Realm);
  }
}

/**
 * Tells the other copies of this library that this one is about to intercept what is in its own realm: theirs then come
 * to lie inside, as they do around what is the host's.
 */
export function announceOwnRealm(): void {
  if (isInVmRealm) {
    know(globalThis as unknown as Realm);
    announcements.publish(globalThis);
  }
}

/**
 * Tells of each realm that code is run or compiled for, and of each that another copy is about to intercept. A runner's
 * module loader does so for each module: what an npm undici put into the slots is seen before its first request. Gives
 * the undo.
 */
export function watchRealms(met: (realm: Realm) => void): () => void {
  const tell = (realm: Realm) => {
    if (know(realm)) {
      met(realm);
    }
  };
  const onAnnouncement = (realm: unknown) => tell(realm as Realm);
  const vm = hostProcess.getBuiltinModule('node:vm');
  const { runInContext } = vm.Script.prototype;
  const realmIn = (context: Context) => {
    let realm = byContext.get(context);
    if (realm === undefined) {
      realm = Reflect.apply(runInContext, new vm.Script('globalThis'), [context]) as Realm;
      byContext.set(context, realm);
    }
    return realm;
  };
  announcements.subscribe(onAnnouncement);
  const undos = [
    () => announcements.unsubscribe(onAnnouncement),
    wrap(vm.Script.prototype, 'runInContext', ([context]) => tell(realmIn(context as Context))),
    wrap(vm, 'compileFunction', ([, , options]) => {
      const { parsingContext } = (options ?? {}) as CompileFunctionOptions;
      if (parsingContext !== undefined) {
        tell(realmIn(parsingContext));
      }
    }),
  ];
  return () => {
    for (const undo of undos) {
      undo();
    }
  };
}

/** Calls a function after each call of a method. Gives the undo. */
function wrap<Name extends string>(
  holder: Record<Name, (...args: never[]) => unknown>,
  name: Name,
  after: (args: readonly unknown[]) => void,
): () => void {
  const original = holder[name];
  const wrapped = function (this: unknown, ...args: never[]): unknown {
    const result: unknown = Reflect.apply(original, this, args);
    after(args);
    return result;
  };
  Object.defineProperties(wrapped, { name: { value: name }, length: { value: original.length } });
  holder[name] = wrapped;
  return () => {
    if (holder[name] === wrapped) {
      holder[name] = original;
    }
  };
}

/** True for a realm other than the host's. */
function know(realm: Realm): boolean {
  if ((realm as unknown) === hostGlobal) {
    return false;
  }
  realms.add(realm);
  return true;
}
