import type { Cassette } from './cassette.js';

/**
 * Where a cassette lives: the port of two methods. Constructors do no I/O. A Broker calls `save` one at a time.
 */
export interface CassetteStore {
  /** How messages name this store, without credentials: a path, an address. The class's name where left out. */
  readonly location?: string;

  /**
   * The stored cassette. Rejects with CassetteLoadError where the storage is missing, unless the store was made with
   * `createIfMissing`, and always where it is unreadable, corrupt, truncated or too new; it never makes up an empty one.
   */
  load(): Promise<Cassette>;

  /**
   * Makes the stored cassette this one. When it resolves, the cassette survives the death of the process. Rejects
   * with CassetteSaveError, and what was stored before is then still there.
   *
   * @param since What the caller last loaded or saved here: what others stored since then stays.
   */
  save(cassette: Cassette, since?: Cassette): Promise<void>;

  /**
   * The same, synchronously: called when the process exits. Throws CassetteSaveError. A store with `flush` stores what
   * is not stored yet as well, and is called also where the cassette is the one that was last saved.
   */
  saveSync?(cassette: Cassette, since?: Cassette): void;

  /**
   * For a store whose `save` resolves before the cassette is stored, or that keeps something ready for the next one:
   * resolves when everything that was saved is stored, and nothing is kept. Called when a Broker is closed. Rejects with
   * CassetteSaveError.
   */
  flush?(): Promise<void>;
}

/** How messages name a store. */
export function locationOf(store: CassetteStore): string {
  return store.location ?? `in ${store.constructor?.name ?? 'its store'}`;
}
