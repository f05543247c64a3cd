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
   */
  save(cassette: Cassette): Promise<void>;

  /** The same, synchronously: called when the process exits. Throws CassetteSaveError. */
  saveSync?(cassette: Cassette): void;
}
