import type { CassetteStore } from '../../core/cassette-store.js';
import { JsonFileCassetteStore } from '../json-file.js';
import { RetryingCassetteStore } from '../retrying.js';
import type { Address } from './address.js';

/** Less than two seconds: servers start again in that time. */
const RIDES_OUT = { attempts: 4, backoffMs: 250 };
/** How long a server may take for one answer: all attempts of a save together are to be over before `storeWait` is. */
const ANSWER_MS = 5000;

/** Options of a store that an address names. */
export interface OpenStoreOptions {
  /** Load an empty cassette where there is none, instead of failing. */
  readonly createIfMissing: boolean;
  /** Told where something was found torn; `process.emitWarning` where left out. */
  readonly warn?: (message: string) => void;
}

/** The same for a store behind a network. */
export interface ServerOptions {
  readonly createIfMissing: boolean;
  /** How long the server may take for one answer, in ms. */
  readonly waitMs: number;
}

/**
 * The store at an address; one behind a network tries a save that fails again. What a kind of store needs is loaded only
 * here, and only for that kind.
 *
 * @throws InvalidOptionError where a package that it needs is not installed; it says which.
 */
export async function openStore(address: Address, options: OpenStoreOptions): Promise<CassetteStore> {
  const { createIfMissing } = options;
  switch (address.kind) {
    case 'file':
      return new JsonFileCassetteStore(address.location, options);
    case 'sqlite': {
      const { SqliteCassetteStore } = await import('../sqlite.js');
      const { path, cassette } = address;
      return new SqliteCassetteStore(path, { ...options, ...(cassette !== undefined && { cassette }) });
    }
    case 'redis': {
      const { redisStore } = await import('./redis.js');
      return new RetryingCassetteStore(
        await redisStore(address, { createIfMissing, waitMs: ANSWER_MS }),
        RIDES_OUT,
      );
    }
    case 's3': {
      const { s3Store } = await import('./s3.js');
      return new RetryingCassetteStore(
        await s3Store(address, { createIfMissing, waitMs: ANSWER_MS }),
        RIDES_OUT,
      );
    }
  }
}
