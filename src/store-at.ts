import type { CassetteStore } from './core/cassette-store.js';
import { runAside } from './routing.js';
import type { Address } from './stores/addresses/address.js';
import { type OpenStoreOptions, openStore } from './stores/addresses/open-store.js';
import { AsideCassetteStore } from './stores/aside.js';
import { JsonFileCassetteStore } from './stores/json-file.js';

/**
 * The store at an address; what it asks over HTTP itself is not the program's.
 *
 * @throws InvalidOptionError where a package that it needs is not installed.
 */
export async function storeAt(address: Address, options: OpenStoreOptions): Promise<CassetteStore> {
  return aside(await openStore(address, options));
}

/** The same for a store of the program's. */
export function aside(store: CassetteStore): CassetteStore {
  return store instanceof JsonFileCassetteStore ? store : new AsideCassetteStore(store, runAside);
}
