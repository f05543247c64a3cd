type Method<M> = M extends (...args: infer A) => infer R ? (...args: A) => R : never;

/**
 * Puts a method in the place of an object's own, or of its class's, for this one object.
 *
 * @param wrap Gets the method that was there, bound to the object.
 */
export function wrapMethod<T extends object, K extends keyof T>(
  object: T,
  name: K,
  wrap: (original: Method<T[K]>) => Method<T[K]>,
): void {
  const original = object[name] as (...args: unknown[]) => unknown;
  const bound = (...args: unknown[]) => Reflect.apply(original, object, args);
  // Not enumerable: a program that lists what the object has sees what it would have seen.
  Object.defineProperty(object, name, {
    configurable: true,
    writable: true,
    value: wrap(bound as Method<T[K]>),
  });
}
