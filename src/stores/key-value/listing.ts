import type { Connection } from './connection.js';
import { isKey, MARKER } from './keys.js';

/** What stands under a prefix. */
export interface Listing {
  /** The keys of interactions. */
  readonly keys: ReadonlySet<string>;
  readonly hasMarker: boolean;
  /** A key that is neither, and not below another one. */
  readonly other: string | undefined;
}

/** Lists the keys once. Keys that come or go meanwhile may be among them, or not. */
export async function listOnce(connection: Connection): Promise<Listing> {
  const names = await connection.use((storage) => storage.getKeys());
  return {
    keys: new Set(names.filter(isKey)),
    hasMarker: names.includes(MARKER),
    other: names.find((name) => name !== MARKER && !isKey(name) && !name.includes(':')),
  };
}
