import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createStorage } from 'unstorage';
import redisDriver from 'unstorage/drivers/redis';
import * as assert from 'uvu/assert';
import { made, read, write } from '../../cli/cassettes.js';
import { Project } from '../../support/project.js';
import { freePort, noRedisServer, OwnRedis } from '../../support/redis-server.js';
import { startS3 } from '../../support/s3-server.js';
import { redisService } from '../../support/services.js';
import { freshPrefix } from '../../support/storages.js';
import { suite } from '../../support/suite.js';

const test = suite('addresses of stores, as a user types them');

const project = new Project();
const bare = new Project();
const upstream = createServer((request, response) => response.end(`answer to ${request.url}`)).listen(0);
const s3 = await startS3(1);
const { endpoint, bucket, accessKeyId, secretAccessKey, region } = s3.options(0);
const redis = await redisService();

const AWS = {
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_REGION: region,
  AWS_ENDPOINT_URL_S3: endpoint,
};

project.link('unstorage', 'ioredis', 'aws4fetch', 'better-sqlite3');
const program = project.write(
  'app.mjs',
  `for (const path of process.argv.slice(3)) {
     console.log(await (await fetch(process.argv[2] + path)).text());
   }`,
);

test.after(async () => {
  if (redis.answers) {
    for (const prefix of prefixes) {
      const storage = createStorage({ driver: redisDriver({ url: redis.url, base: prefix }) });
      await storage.clear();
      await storage.dispose();
    }
  }
  upstream.closeAllConnections();
  upstream.close();
  await s3.close();
  project.remove();
  bare.remove();
});

interface Kind {
  readonly name: string;
  readonly unable: string | undefined;
  /** A cassette that nobody has made. */
  address(): string;
  readonly env: Readonly<Record<string, string>>;
}

const prefixes: string[] = [];

const KINDS: readonly Kind[] = [
  { name: 'sqlite', unable: undefined, address: () => `sqlite:./${freshPrefix()}.db`, env: {} },
  {
    name: 'redis',
    unable: redis.answers ? undefined : redis.reason,
    address: () => {
      const prefix = freshPrefix();
      prefixes.push(prefix);
      return `${redis.url}/${prefix}/suite`;
    },
    env: {},
  },
  { name: 's3', unable: undefined, address: () => `s3://${bucket}/${freshPrefix()}`, env: AWS },
];

for (const { name, unable, address, env } of KINDS) {
  const withKind = test.skipUnless(unable === undefined, unable ?? '');

  withKind(`${name}: the preload records into it, and replays from it with nobody there`, async () => {
    const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    const cassette = { ...env, INTERPOSITION_CASSETTE: address() };
    const run = (mode: string, origin: string) =>
      project.run('node', ['--import', 'interposition/register', program, origin, '/a', '/b'], {
        env: { ...cassette, INTERPOSITION_MODE: mode },
      });
    const recorded = await run('record', url);
    assert.equal([recorded.code, recorded.stdout], [0, 'answer to /a\nanswer to /b\n'], recorded.stderr);
    assert.match(recorded.stderr, /recording into a new cassette/);
    const listed = await project.interposition(['ls'], { env: cassette });
    assert.is(listed.stdout, `1 200 GET ${url}/a\n2 200 GET ${url}/b\n`, listed.stderr);
    const replayed = await run('replay', url);
    assert.equal([replayed.code, replayed.stdout, replayed.stderr], [0, recorded.stdout, '']);
    const missed = await project.run(
      'node',
      ['--import', 'interposition/register', program, url, '/never-asked'],
      { env: { ...cassette, INTERPOSITION_MODE: 'replay' } },
    );
    assert.is(missed.code, 1);
    assert.match(missed.stderr, /ERR_INTERACTION_NOT_FOUND/);
  });

  withKind(`${name}: a cassette that is missing is an error in replay, in one line`, async () => {
    const cassette = { ...env, INTERPOSITION_CASSETTE: address(), INTERPOSITION_MODE: 'replay' };
    const { code, stderr } = await project.run(
      'node',
      ['--import', 'interposition/register', '--eval', '0'],
      {
        env: cassette,
      },
    );
    assert.is(code, 1);
    assert.match(stderr, /^interposition: Cannot load the cassette [^\n]+\n$/);
  });

  withKind(`${name}: a cassette is copied to it and back`, async () => {
    const from = await write(
      project,
      `${name}.json`,
      ...Array.from({ length: 120 }, (_, n) =>
        made({ target: `https://api.example.com/users/${n}`, body: `{"id":${n}}` }),
      ),
    );
    const to = address();
    for (const args of [
      ['copy', from, to],
      ['copy', from, to],
      ['copy', to, `${name}-back.json`],
    ]) {
      const { code, stderr } = await project.interposition(args, { env });
      assert.equal([code, stderr], [0, '']);
    }
    assert.is(project.read(`${name}-back.json`), project.read(from));
    assert.is((await read(project, `${name}-back.json`)).length, 120);
  });
}

test.skipUnless(noRedisServer === undefined, String(noRedisServer))(
  'redis: a server that is killed and started again while a program records loses nothing',
  async () => {
    const own = await OwnRedis.start('--appendonly', 'yes', '--appendfsync', 'always');
    let restarted: Promise<void> | undefined;
    const live = createServer((request, response) => {
      if (request.url === '/10') {
        restarted = own.kill().then(() => own.start());
      }
      response.end(`answer to ${request.url}`);
    }).listen(0);
    try {
      const paths = Array.from({ length: 40 }, (_, n) => `/${n}`);
      const url = `http://127.0.0.1:${(live.address() as AddressInfo).port}`;
      const { code, stderr } = await project.run(
        'node',
        ['--import', 'interposition/register', program, url, ...paths],
        { env: { INTERPOSITION_MODE: 'record', INTERPOSITION_CASSETTE: `${own.url}/suite` } },
      );
      assert.is(code, 0, stderr);
      await restarted;
      const { stdout } = await project.interposition(['ls', `${own.url}/suite`]);
      assert.is(stdout.match(/ 200 GET /g)?.length, 40);
    } finally {
      live.closeAllConnections();
      live.close();
      await own.kill();
    }
  },
);

test('a store whose packages are not installed says which to install', async () => {
  for (const [cassette, install] of [
    ['redis://127.0.0.1/suite', 'npm install --save-dev unstorage ioredis'],
    ['s3://bucket/suite', 'npm install --save-dev aws4fetch'],
  ] as const) {
    const { code, stderr } = await bare.interposition(['ls', cassette], { env: AWS });
    assert.is(code, 2);
    assert.match(stderr, install);
    assert.not.match(stderr, /\n./);
  }
});

test('S3 without credentials says so', async () => {
  const none = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
  const { code, stderr } = await project.interposition(['ls', 's3://bucket/suite'], { env: none });
  assert.is(code, 2);
  assert.match(stderr, /needs credentials: set AWS_ACCESS_KEY_ID/);
});

test('a server that is away is an error that shows the address without its password', async () => {
  const { code, stderr } = await project.interposition([
    'ls',
    `redis://me:secret-word@127.0.0.1:${await freePort()}/suite`,
  ]);
  assert.is(code, 2);
  assert.match(
    stderr,
    /^interposition: Cannot load the cassette redis:\/\/127\.0\.0\.1:\d+\/suite: [^\n]+\n$/,
  );
  assert.not.match(stderr, /secret-word/);
});

test('repair and merge are about files, and say so', async () => {
  for (const args of [
    ['repair', 'sqlite:./a.db'],
    ['merge', 'sqlite:./a.db', 'b.json', 'c.json'],
  ]) {
    const { code, stderr } = await project.interposition(args);
    assert.is(code, 2);
    assert.match(stderr, /a\.db is no file/);
  }
});

test.run();
