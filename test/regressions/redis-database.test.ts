import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { CassetteLoadError, withCassette } from '../../src/index.js';
import { failure } from '../support/failure.js';
import { noRedisServer, OwnRedis } from '../support/redis-server.js';
import { openRedis } from '../support/storages.js';
import { suite } from '../support/suite.js';

const test = suite('the database of a Redis that an address names');
const withOwnRedis = test.skipUnless(noRedisServer === undefined, String(noRedisServer));
const server = createServer((_, response) => response.end('answer')).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

test.after(() => {
  server.closeAllConnections();
  server.close();
});

withOwnRedis(
  'is an error where the server has no such one, and nothing is recorded into another',
  async () => {
    const redis = await OwnRedis.start('--databases', '2');
    const record = (database: number) =>
      withCassette({ cassette: `${redis.url}/${database}/suite`, mode: 'record' }, async () =>
        (await fetch(url)).text(),
      );
    try {
      assert.is(await record(1), 'answer');
      const { message } = await failure(CassetteLoadError, () => record(2));
      assert.match(message, /DB index is out of range/);
      const first = await openRedis(redis.url, 'suite')(() => {});
      const keys = await first.getKeys();
      await first.dispose();
      assert.equal(keys, []);
    } finally {
      await redis.kill();
    }
  },
);

test.run();
