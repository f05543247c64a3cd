import { codeIn, s3Keys } from './s3-keys.js';
import type { KeyValueStorage } from './storage.js';

/** Signs requests, and sends them: an `AwsClient` of aws4fetch. */
export interface S3Client {
  fetch(url: string, init?: RequestInit): Promise<Response>;
}

/**
 * What is under a prefix of a bucket. unstorage's driver for S3 takes no session tokens, which is all that CI servers
 * have, and gives the first thousand keys of the whole bucket.
 *
 * @param bucketUrl Without a `/` at its end.
 * @param prefix `/` between its parts.
 */
export function s3Storage(client: S3Client, bucketUrl: string, prefix: string): KeyValueStorage {
  const ask = async (key: string, init: RequestInit = {}) => {
    const url = `${bucketUrl}/${prefix}/${key}`;
    const response = await client.fetch(url, init);
    if (response.ok) {
      return response;
    }
    const code = codeIn(await response.text()) ?? response.statusText;
    if (init.method === undefined && response.status === 404 && code !== 'NoSuchBucket') {
      return undefined;
    }
    throw new Error(`${init.method ?? 'GET'} ${url}: ${response.status} ${code}`);
  };
  const getItem = async (key: string) => (await ask(key))?.text() ?? null;
  return {
    getItem,
    getKeys: () => s3Keys((url) => client.fetch(url), bucketUrl, prefix),
    getItems: (keys) => Promise.all(keys.map(async (key) => ({ key, value: await getItem(key) }))),
    async setItem(key, value) {
      await ask(key, { method: 'PUT', body: value });
    },
    async removeItem(key) {
      await ask(key, { method: 'DELETE' });
    },
    async dispose() {},
  };
}
