/** A key and its value; null where there is none. */
export interface KeyValueItem {
  /** The key that was asked for. */
  readonly key: string;
  /** A text, where it came from this store. */
  readonly value: unknown;
}

/** What a KeyValueCassetteStore uses of a storage. unstorage's `Storage` is one, also one with a prefix. */
export interface KeyValueStorage {
  /** All keys; those below another key may be among them, with a `:` in their names. */
  getKeys(): Promise<string[]>;
  /** The value of a key; null where there is none. */
  getItem(key: string): Promise<unknown>;
  /** The values of several keys, in any order. */
  getItems(keys: string[]): Promise<KeyValueItem[]>;
  /** Puts a text at a key, whole or not at all. */
  setItem(key: string, value: string): Promise<void>;
  /** Deletes a key, if it is there. */
  removeItem(key: string): Promise<void>;
  /** Ends what it has open. */
  dispose(): Promise<void>;
}

/**
 * Makes a storage when it is needed. What it makes belongs to the store, which disposes of it when nothing was asked of
 * it for a while, when a Broker is closed, and where it fails; and then asks for another one.
 *
 * @param report To be told of errors that no operation of the storage rejects with, such as those of a connection: they
 * say why an operation failed.
 */
export type OpenStorage = (report: (error: unknown) => void) => KeyValueStorage | Promise<KeyValueStorage>;
