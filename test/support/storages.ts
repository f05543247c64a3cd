import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { AwsClient } from 'aws4fetch';
import { createDatabase } from 'db0';
import postgresql from 'db0/connectors/postgresql';
import type { Redis, RedisOptions } from 'ioredis';
import type { Client } from 'pg';
import { createStorage, prefixStorage, type Storage } from 'unstorage';
import db0Driver from 'unstorage/drivers/db0';
import fsDriver from 'unstorage/drivers/fs';
import redisDriver from 'unstorage/drivers/redis';
import { s3Storage } from '../../src/stores/key-value/s3-storage.js';
import type { KeyValueStorage, OpenStorage } from '../../src/stores/key-value/store.js';
import { startS3 } from './s3-server.js';
import { postgresService, redisService } from './services.js';
import { tempFolder } from './temp-folder.js';

/** Storages of one kind, each with nothing in it. */
export interface StorageKind {
  readonly name: string;
  /** Why there are none here; undefined where there are. */
  readonly unable: string | undefined;
  next(): KeyValueStorage;
  /** Removes everything that was stored. */
  end(): Promise<void>;
}

/** All kinds of storage that this machine has. */
export async function storageKinds(): Promise<readonly StorageKind[]> {
  return [memory(), files(), await redis(), await postgres(), await s3()];
}

function memory(): StorageKind {
  return { name: 'memory', unable: undefined, next: () => createStorage(), end: async () => {} };
}

function files(): StorageKind {
  const folder = tempFolder();
  let count = 0;
  return {
    name: 'files',
    unable: undefined,
    next: () => createStorage({ driver: fsDriver({ base: join(folder, String(++count)) }) }),
    end: async () => {},
  };
}

/** Redis, under a prefix of its own. */
export async function redis(): Promise<StorageKind> {
  const { url, answers, reason } = await redisService();
  const prefix = freshPrefix();
  const root = createStorage({ driver: redisDriver({ url, base: prefix, scanCount: 1000 }) });
  return {
    ...prefixed('Redis', root),
    unable: answers ? undefined : reason,
    end: async () => {
      if (answers) {
        await root.clear();
        await root.dispose();
      }
    },
  };
}

async function postgres(): Promise<StorageKind> {
  const { url, answers, reason } = await postgresService();
  const database = createDatabase(postgresql({ url }));
  const tableName = freshPrefix().replace(/\W/g, '_');
  const root = createStorage({ driver: db0Driver({ database, tableName }) });
  return {
    ...prefixed('PostgreSQL', root),
    unable: answers ? undefined : reason,
    end: async () => {
      if (answers) {
        await database.exec(`DROP TABLE IF EXISTS ${tableName}`);
        await ((await database.getInstance()) as Client).end();
      }
    },
  };
}

async function s3(): Promise<StorageKind> {
  const server = await startS3(300);
  let count = 0;
  return {
    name: 'S3',
    unable: undefined,
    next: () => {
      const { bucket, endpoint, ...options } = server.options(count++);
      // The server answers with 500 where a key comes or goes while it lists.
      const client = new AwsClient({ ...options, service: 's3', retries: 5 });
      return s3Storage(client, `${endpoint}/${bucket}`, 'suite');
    },
    end: () => server.close(),
  };
}

function prefixed(name: string, root: Storage): Pick<StorageKind, 'name' | 'next'> {
  let count = 0;
  return { name, next: () => prefixStorage(root, String(++count)) };
}

/** A prefix that nobody else uses. */
export function freshPrefix(): string {
  return `interposition-test-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** Opens a Redis each time that it is asked for, and says of it what its connection says. */
export function openRedis(url: string, prefix: string, options: RedisOptions = {}): OpenStorage {
  return (report) => {
    const driver = redisDriver({
      url,
      base: prefix,
      scanCount: 1000,
      maxRetriesPerRequest: 1,
      connectTimeout: 2000,
      ...options,
    });
    const client = driver.getInstance?.() as Redis;
    client.on('error', report);
    return createStorage({ driver });
  };
}
