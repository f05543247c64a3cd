/**
 * What was found out about lists of chunks. A list is known by the very objects in it, whose bytes nobody changes, and
 * is remembered for as long as its first chunk is there. Of lists with the same first chunk the last one counts.
 */
export class ChunksMemo<T> {
  readonly #entries = new WeakMap<
    Uint8Array,
    { readonly chunks: readonly Uint8Array[]; readonly key: string; readonly value: T }
  >();

  /** What was found out about the chunks for the key; undefined where nothing was. */
  get(chunks: readonly Uint8Array[], key: string): { readonly value: T } | undefined {
    const entry = chunks[0] && this.#entries.get(chunks[0]);
    return entry?.key === key &&
      entry.chunks.length === chunks.length &&
      entry.chunks.every((chunk, index) => chunk === chunks[index])
      ? entry
      : undefined;
  }

  set(chunks: readonly Uint8Array[], key: string, value: T): void {
    if (chunks[0] !== undefined) {
      this.#entries.set(chunks[0], { chunks: [...chunks], key, value });
    }
  }
}
