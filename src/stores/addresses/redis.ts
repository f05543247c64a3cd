import type { CassetteStore } from '../../core/cassette-store.js';
import { KeyValueCassetteStore } from '../key-value/store.js';
import { loadPackages } from '../optional-packages.js';
import type { RedisAddress } from './address.js';
import type { ServerOptions } from './open-store.js';

const CONNECT_MS = 5000;
/** Keys that a step of a scan looks at: Redis goes through those of the whole database. */
const SCAN_COUNT = 1000;

/** What is used of ioredis here. */
interface Client {
  on(event: 'error', told: (error: unknown) => void): void;
  select(database: number): Promise<unknown>;
  disconnect(): void;
}

/**
 * The store at `redis://HOST/PREFIX`.
 *
 * @throws InvalidOptionError where unstorage or ioredis is not installed.
 */
export async function redisStore(
  { url, database, prefix, location }: RedisAddress,
  { createIfMissing, waitMs }: ServerOptions,
): Promise<CassetteStore> {
  const [{ createStorage }, { default: redisDriver }] = await loadPackages(
    'cassette',
    `what ${location} needs`,
    ['unstorage', 'ioredis'],
    () => Promise.all([import('unstorage'), import('unstorage/drivers/redis')]),
  );
  return new KeyValueCassetteStore(
    async (report) => {
      const driver = redisDriver({
        url,
        base: prefix.replaceAll('/', ':'),
        scanCount: SCAN_COUNT,
        connectTimeout: CONNECT_MS,
        // What fails is told at once: a store that is to try again is wrapped in one that does.
        maxRetriesPerRequest: 1,
      });
      const client = driver.getInstance?.() as Client;
      client.on('error', report);
      if (database !== 0) {
        // Where the server has no such database, the client reports it, and works on in the first one.
        await client.select(database).catch((error) => {
          client.disconnect();
          throw error;
        });
      }
      return createStorage({ driver });
    },
    { createIfMissing, location, waitMs },
  );
}
