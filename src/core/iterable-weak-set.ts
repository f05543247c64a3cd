/** Objects that can be gone through, and are not kept from being collected. */
export class IterableWeakSet<T extends object> {
  readonly #references = new Set<WeakRef<T>>();
  readonly #known = new WeakSet<T>();

  add(object: T): void {
    if (!this.#known.has(object)) {
      this.#known.add(object);
      this.#references.add(new WeakRef(object));
    }
  }

  /** Those that are still there, in the order in which they were added. */
  *[Symbol.iterator](): Generator<T> {
    for (const reference of this.#references) {
      const object = reference.deref();
      if (object === undefined) {
        this.#references.delete(reference);
      } else {
        yield object;
      }
    }
  }
}
