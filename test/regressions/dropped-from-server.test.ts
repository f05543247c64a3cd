import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { Project } from '../support/project.js';
import { noRedisServer, OwnRedis } from '../support/redis-server.js';
import { suite } from '../support/suite.js';

const test = suite('a program that is recorded again into a store that cannot save at the exit');
const project = new Project();
project.link('unstorage', 'ioredis');
const upstream = createServer((request, response) => response.end(`answer to ${request.url}`)).listen(0);
const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
project.write('app.mjs', `for (const path of ['/a', '/b']) await (await fetch('${url}' + path)).text();`);
const RECORD = ['record', '--', process.execPath];

test.after(() => {
  upstream.closeAllConnections();
  upstream.close();
  project.remove();
});

const withRedis = test.skipUnless(noRedisServer === undefined, noRedisServer ?? '');

withRedis('what it has recorded anew is there once', async () => {
  const redis = await OwnRedis.start();
  try {
    const env = { INTERPOSITION_CASSETTE: `${redis.url}/suite` };
    for (let time = 1; time <= 2; time++) {
      const { code, stderr } = await project.interposition([...RECORD, 'app.mjs'], { env });
      assert.is(code, 0, stderr);
      const { stdout } = await project.interposition(['ls'], { env });
      assert.is(stdout, `1 200 GET ${url}/a\n2 200 GET ${url}/b\n`);
    }
  } finally {
    await redis.kill();
  }
});

test.run();
