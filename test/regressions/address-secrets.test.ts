import { format } from 'node:util';
import * as assert from 'uvu/assert';
import { Broker, Cassette, InvalidOptionError, JsonFileCassetteStore } from '../../src/index.js';
import { installInterposition } from '../../src/install.js';
import { SqliteCassetteStore } from '../../src/stores/sqlite.js';
import { made, write } from '../cli/cassettes.js';
import { failure } from '../support/failure.js';
import { Project } from '../support/project.js';
import { noRedisServer, OwnRedis } from '../support/redis-server.js';
import { suite } from '../support/suite.js';

const test = suite('passwords of addresses in what is printed');
const PASSWORD = 'secret-word';
const project = new Project();
project.link('unstorage', 'ioredis');
test.after(() => project.remove());

const withRedis = test.skipUnless(noRedisServer === undefined, noRedisServer ?? '');

withRedis('no command prints the one of the cassette that it was given', async () => {
  const redis = await OwnRedis.start('--requirepass', PASSWORD);
  try {
    const address = `redis://default:${PASSWORD}@127.0.0.1:${redis.port}/suite`;
    const from = await write(
      project,
      'leaking.json',
      made({ target: 'https://api.example.com/?access_token=q8Zr2mKp4TxWv9LcBn7YhJ3f', body: '' }),
    );
    for (const args of [
      ['copy', from, address],
      ['ls', address],
      ['scan', address],
      ['scan', '--json', address],
      ['export', address, '--to', 'out.har'],
      ['import', 'out.har', '--to', address],
      ['redact', address],
    ]) {
      const { code, stdout, stderr } = await project.interposition(args);
      assert.is(code, args[0] === 'scan' ? 1 : 0, stderr);
      assert.not.match(stdout + stderr, PASSWORD, args.join(' '));
    }
  } finally {
    await redis.kill();
  }
});

withRedis('check finds the one of a reported cassette also where the options named it', async () => {
  const redis = await OwnRedis.start('--requirepass', PASSWORD);
  try {
    const address = `redis://default:${PASSWORD}@127.0.0.1:${redis.port}/suite`;
    const env = { INTERPOSITION_OPTIONS: JSON.stringify({ cassette: address }) };
    project.write('nothing.mjs', '');
    const run = ['record', '--', process.execPath, 'nothing.mjs'];
    const ran = await project.interposition(run, {
      env: { ...env, INTERPOSITION_REPORT: project.path('report') },
    });
    assert.is(ran.code, 0, ran.stderr);
    await project.interposition(['copy', await write(project, 'one.json', made({ body: 'x' })), address]);
    const { code, stderr } = await project.interposition(['check', 'report'], { env });
    assert.equal([code, stderr], [0, '']);
  } finally {
    await redis.kill();
  }
});

test('an error about options that stand in the place of a mode or a path does not show them', async () => {
  const address = `redis://me:${PASSWORD}@cache.example/suite`;
  for (const call of [
    () => installInterposition({ cassette: address } as never),
    () => new Broker(new Cassette(), { mode: { cassette: address } as never }),
    () => new JsonFileCassetteStore(address),
    () => new JsonFileCassetteStore(`redis://me:${PASSWORD}@cache.example:x/suite`),
    () => new SqliteCassetteStore(new URL(address)),
  ]) {
    const error = await failure(InvalidOptionError, call);
    assert.not.match(format(error), PASSWORD);
  }
});

test.run();
