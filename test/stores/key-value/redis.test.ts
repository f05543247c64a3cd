import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { inspect } from 'node:util';
import * as assert from 'uvu/assert';
import {
  Broker,
  type BrokerMode,
  Cassette,
  CassetteLoadError,
  CassetteSaveError,
  RetryingCassetteStore,
} from '../../../src/index.js';
import { KeyValueCassetteStore } from '../../../src/stores/key-value/store.js';
import { failure } from '../../support/failure.js';
import { cassetteOf, interaction, named, namesIn } from '../../support/interactions.js';
import { libraryUrl, registerUrl, repoRoot } from '../../support/paths.js';
import { freePort, noRedisServer, OwnRedis } from '../../support/redis-server.js';
import { redisService } from '../../support/services.js';
import { freshPrefix, openRedis } from '../../support/storages.js';
import { suite } from '../../support/suite.js';

const test = suite('KeyValueCassetteStore on Redis');

const service = await redisService();
const withRedis = test.skipUnless(service.answers, service.reason);
const withOwnRedis = test.skipUnless(noRedisServer === undefined, String(noRedisServer));
const storeUrl = new URL('stores/key-value/store.js', libraryUrl).href;
const programs = join(repoRoot, 'fixtures/programs/key-value');
const used: string[] = [];

function prefixOfTest(): string {
  const prefix = freshPrefix();
  used.push(prefix);
  return prefix;
}

function storeAt(url: string, prefix = 'suite', options = {}): KeyValueCassetteStore {
  return new KeyValueCassetteStore(openRedis(url, prefix), { location: `${url}/${prefix}`, ...options });
}

/** Runs a program to its end, which has to be a good one. */
async function run(name: string, ...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [join(programs, name), libraryUrl, storeUrl, ...args], {
    env: { ...process.env, INTERPOSITION_SESSION: 'shared' },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 60_000,
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  assert.equal(await once(child, 'close'), [0, null]);
  return output;
}

const PROCESSES = 8;
const RECORDINGS = 250;

withRedis(
  `${PROCESSES} processes with ${RECORDINGS} recordings each lose nothing, and have nothing twice`,
  async () => {
    const server = createServer((request, response) => response.end(`answer to ${request.url}`)).listen(0);
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const prefix = prefixOfTest();
    await Promise.all(
      Array.from({ length: PROCESSES }, (_, id) =>
        run('record.mjs', service.url, prefix, url, String(id), String(RECORDINGS)),
      ),
    );
    server.closeAllConnections();
    server.close();
    const { interactions } = await storeAt(service.url, prefix).load();
    assert.is(new Set(interactions.map(({ request }) => request.target)).size, PROCESSES * RECORDINGS);
    assert.is(interactions.length, PROCESSES * RECORDINGS);
  },
);

for (const kind of ['alone', 'buffered']) {
  withRedis(`a process that closes nothing comes to its end, and all is stored: ${kind}`, async () => {
    const prefix = prefixOfTest();
    assert.is(await run('save-once.mjs', service.url, prefix, kind), 'saved');
    assert.equal(namesIn(await storeAt(service.url, prefix).load()), ['saved']);
  });
}

withRedis(
  'what process.exit() leaves of earlier sessions answers nothing, and the next session drops it',
  async () => {
    let answers = 0;
    const server = createServer((_request, response) => response.end(String(++answers))).listen(0);
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const prefix = prefixOfTest();
    const ask = async (mode: BrokerMode, end: string) => {
      const program = `const response = await fetch(${JSON.stringify(url)}); console.log(await response.text()); ${end}`;
      const child = spawn(
        process.execPath,
        ['--import', registerUrl, '--input-type=module', '--eval', program],
        {
          env: {
            ...process.env,
            INTERPOSITION_MODE: mode,
            INTERPOSITION_CASSETTE: `${service.url}/${prefix}`,
          },
          stdio: ['ignore', 'pipe', 'ignore'],
          timeout: 60_000,
        },
      );
      const [output] = await Promise.all([textOf(child.stdout), once(child, 'close')]);
      return output.trim();
    };
    const size = async () => (await storeAt(service.url, prefix).load()).size;

    for (const answer of ['1', '2', '3']) {
      assert.is(await ask('record', 'process.exit()'), answer);
    }
    assert.is(await size(), 3);
    assert.is(await ask('replay', 'process.exit()'), '3');
    assert.is(await ask('record', ''), '4');
    assert.is(await size(), 1);
    assert.is(await ask('replay', ''), '4');
    server.closeAllConnections();
    server.close();
  },
);

withOwnRedis(
  'Redis that is killed and started again in a recording run loses nothing acknowledged',
  async () => {
    const redis = await OwnRedis.start('--save', '', '--appendonly', 'yes', '--appendfsync', 'always');
    const store = new RetryingCassetteStore(storeAt(redis.url, 'suite', { createIfMissing: true }), {
      attempts: 12,
      backoffMs: 10,
    });
    const acknowledged: string[] = [];
    let cassette = await store.load();
    let restart: Promise<void> | undefined;
    for (let index = 0; index < 300; index++) {
      const next = cassette.append(named(String(index)));
      const save = store.save(next, cassette);
      if (index % 100 === 50) {
        restart = redis.kill().then(() => redis.start());
      }
      await save;
      cassette = next;
      acknowledged.push(String(index));
    }
    await restart;
    await store.flush?.();
    assert.equal(namesIn(await storeAt(redis.url).load()), acknowledged);
    await redis.kill();
  },
);

test('a server that is away at load and at save is an error in time, and says why', async () => {
  const url = `redis://user:hunter2@127.0.0.1:${await freePort()}`;
  const store = storeAt(url);
  for (const [kind, work] of [
    [CassetteLoadError, () => store.load()],
    [CassetteSaveError, () => store.save(cassetteOf('a'))],
    [CassetteLoadError, () => Broker.fromStore(store, { mode: 'replay' })],
  ] as const) {
    const error = await failure<CassetteLoadError | CassetteSaveError>(kind, work);
    assert.match(error.message, /the cassette redis:\/\/127\.0\.0\.1:\d+\/suite: connect ECONNREFUSED/);
    assert.not.match(inspect(error, { depth: 9 }), 'hunter2');
  }
});

withOwnRedis(
  'a server that goes away between two saves fails the second one, and not the third',
  async () => {
    const redis = await OwnRedis.start('--appendonly', 'yes', '--appendfsync', 'always');
    const store = storeAt(redis.url, 'suite', { createIfMissing: true });
    const start = await store.load();
    const one = start.append(named('one'));
    await store.save(one, start);
    await redis.kill();
    const two = one.append(named('two'));
    const { message } = await failure(CassetteSaveError, () => store.save(two, one));
    assert.match(message, `Cannot save the cassette ${redis.url}/suite: `);
    assert.match(message, 'What was stored before is still there');
    await redis.start();
    await store.save(two, one);
    assert.equal(namesIn(await storeAt(redis.url).load()), ['one', 'two']);
    await redis.kill();
  },
);

test('a server that takes the connection and says nothing is an error in time', async () => {
  const silent = createTcpServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const url = `redis://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const store = storeAt(url, 'suite', { waitMs: 100 });
  const why = 'the storage did not answer within 100 ms';
  assert.match((await failure(CassetteLoadError, () => store.load())).message, why);
  assert.match((await failure(CassetteSaveError, () => store.save(cassetteOf('a')))).message, why);
  await store.flush();
  silent.close();
});

withOwnRedis('a server that refuses the password says so, and the error does not show it', async () => {
  const redis = await OwnRedis.start('--requirepass', 'right');
  for (const [url, why] of [
    [redis.url.replace('//', '//:wrong-hunter2@'), 'WRONGPASS'],
    [redis.url, 'NOAUTH'],
  ] as const) {
    const store = storeAt(url, 'suite', { createIfMissing: true });
    for (const [kind, work] of [
      [CassetteLoadError, () => store.load()],
      [CassetteSaveError, () => store.save(cassetteOf('a'))],
    ] as const) {
      const error = await failure<CassetteLoadError | CassetteSaveError>(kind, work);
      assert.match(error.message, `the cassette ${redis.url}/suite: ${why}`);
      assert.not.match(inspect(error, { depth: 9 }), 'hunter2');
    }
  }
  await redis.kill();
});

withOwnRedis('a server that is out of memory fails the save, and keeps what it has', async () => {
  const redis = await OwnRedis.start('--maxmemory', '3mb', '--maxmemory-policy', 'noeviction', '--save', '');
  const store = storeAt(redis.url, 'suite', { createIfMissing: true });
  let cassette = await store.load();
  const stored: string[] = [];
  const error = await failure(CassetteSaveError, async () => {
    for (let index = 0; index < 100; index++) {
      const name = `http://api.example/${index}`;
      const next = cassette.append(interaction({ target: name, answer: 'x'.repeat(100_000) }));
      await store.save(next, cassette);
      cassette = next;
      stored.push(name);
    }
  });
  assert.match(error.message, 'OOM command not allowed');
  assert.not.match(inspect(error, { depth: 9 }), 'xxxx');
  const { interactions } = await storeAt(redis.url).load();
  assert.equal(
    interactions.map(({ request }) => request.target),
    stored,
  );
  await redis.kill();
});

withRedis('an empty cassette takes one key', async () => {
  const prefix = prefixOfTest();
  await storeAt(service.url, prefix).save(new Cassette());
  assert.is((await storeAt(service.url, prefix).load()).size, 0);
});

test.after(async () => {
  for (const prefix of service.answers ? used : []) {
    const storage = await openRedis(service.url, prefix)(() => {});
    for (const key of await storage.getKeys()) {
      await storage.removeItem(key);
    }
    await storage.dispose();
  }
});

test.run();
