import { createDatabase } from 'db0';
import postgresql from 'db0/connectors/postgresql';
import { Client } from 'pg';
import { createStorage } from 'unstorage';
import db0Driver from 'unstorage/drivers/db0';
import * as assert from 'uvu/assert';
import { CassetteLoadError, CassetteSaveError, RetryingCassetteStore } from '../../../src/index.js';
import { KeyValueCassetteStore, type OpenStorage } from '../../../src/stores/key-value/store.js';
import { failure } from '../../support/failure.js';
import { cassetteOf, named, namesIn } from '../../support/interactions.js';
import { freePort } from '../../support/redis-server.js';
import { postgresService } from '../../support/services.js';
import { freshPrefix } from '../../support/storages.js';
import { suite } from '../../support/suite.js';

const test = suite('KeyValueCassetteStore on PostgreSQL');

const service = await postgresService();
const withPostgres = test.skipUnless(service.answers, service.reason);
const tables: string[] = [];

function newTable(): string {
  const table = freshPrefix().replace(/\W/g, '_');
  tables.push(table);
  return table;
}

/** The driver itself ends nothing, and nobody hears of a connection that breaks while it is idle. */
function openAt(url: string, tableName: string): OpenStorage {
  return async (report) => {
    const database = createDatabase(postgresql({ url }));
    const client = (await database.getInstance()) as Client;
    client.on('error', report);
    const storage = createStorage({ driver: db0Driver({ database, tableName }) });
    return { ...storage, dispose: () => client.end() };
  };
}

withPostgres('several that make the table at once all get their recordings in', async () => {
  const table = newTable();
  const stores = Array.from(
    { length: 8 },
    () => new RetryingCassetteStore(new KeyValueCassetteStore(openAt(service.url, table))),
  );
  await Promise.all(
    stores.map(async (store, index) => {
      const start = cassetteOf();
      await store.save(start.append(named(String(index))), start);
      await store.flush?.();
    }),
  );
  const store = new KeyValueCassetteStore(openAt(service.url, table));
  assert.equal([...namesIn(await store.load())].sort(), ['0', '1', '2', '3', '4', '5', '6', '7']);
  await store.flush();
});

withPostgres(
  'a connection that is cut while it is idle does not end the program, and is made again',
  async () => {
    const table = newTable();
    const store = new RetryingCassetteStore(
      new KeyValueCassetteStore(openAt(service.url, table), { createIfMissing: true }),
    );
    const start = await store.load();
    const one = start.append(named('one'));
    await store.save(one, start);
    const admin = new Client(service.url);
    await admin.connect();
    await admin.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE $1 AND pid <> pg_backend_pid()',
      [`%${table}%`],
    );
    await admin.end();
    await store.save(one.append(named('two')), one);
    assert.equal(namesIn(await store.load()), ['one', 'two']);
    await store.flush?.();
  },
);

test('a database that is away is an error that says why, without the password', async () => {
  const url = `postgresql://root:hunter2@127.0.0.1:${await freePort()}/test`;
  const store = new KeyValueCassetteStore(openAt(url, 'nothing'), { location: url });
  for (const [kind, work] of [
    [CassetteLoadError, () => store.load()],
    [CassetteSaveError, () => store.save(cassetteOf('a'))],
  ] as const) {
    const { message } = await failure<CassetteLoadError | CassetteSaveError>(kind, work);
    assert.match(message, /postgresql:\/\/127\.0\.0\.1:\d+\/test: connect ECONNREFUSED/);
    assert.not.match(message, 'hunter2');
  }
});

test.after(async () => {
  if (service.answers) {
    const admin = new Client(service.url);
    await admin.connect();
    for (const table of tables) {
      await admin.query(`DROP TABLE IF EXISTS ${table}`);
    }
    await admin.end();
  }
});

test.run();
