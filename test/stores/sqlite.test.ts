import { constants } from 'node:buffer';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import {
  Broker,
  Cassette,
  CassetteLoadError,
  CassetteSaveError,
  type CassetteStore,
  InvalidOptionError,
} from '../../src/index.js';
import { ScanningCassetteStore } from '../../src/stores/scanning.js';
import { type Driver, openDriver } from '../../src/stores/sqlite/driver.js';
import { sqliteSaveError } from '../../src/stores/sqlite/errors.js';
import { SqliteCassetteStore, type SqliteCassetteStoreOptions } from '../../src/stores/sqlite.js';
import { storeContract } from '../contract/store-contract.js';
import { failure } from '../support/failure.js';
import { cassetteOf, interaction, named, namesIn } from '../support/interactions.js';
import { libraryUrl } from '../support/paths.js';
import { hasSmallDisks, onSmallDisk } from '../support/small-disk.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';
import { hasUsers, unprivileged } from '../support/unprivileged.js';

const folder = tempFolder();
const libraryOfStore = new URL('./stores/sqlite.js', libraryUrl).href;
let files = 0;

function newFile(): string {
  return join(folder, `${++files}`, 'cassettes.db');
}

function open(file: string, options?: SqliteCassetteStoreOptions): SqliteCassetteStore {
  return new SqliteCassetteStore(file, options);
}

/** A database that nobody has open, with a cassette of these. */
async function databaseOf(...names: readonly string[]): Promise<string> {
  const file = newFile();
  const store = open(file);
  await store.save(cassetteOf(...names));
  await store.flush();
  return file;
}

/** Does work on a database as some other program. */
function meddle(file: string, work: (driver: Driver) => void): void {
  const driver = openDriver(file, false);
  try {
    work(driver);
  } finally {
    driver.close();
  }
}

const besides = (file: string) => readdirSync(join(file, '..')).filter((name) => !file.endsWith(name));
async function names(store: CassetteStore): Promise<readonly string[]> {
  const found = namesIn(await store.load());
  await store.flush?.();
  return found;
}

const asked = (name: string) => named(name).request;
const answering = (answer: string) => ({
  async *liveResponder() {
    yield { data: Buffer.from(answer), sequence: 0 };
  },
});

async function answerOf(broker: Broker, name: string): Promise<string> {
  let text = '';
  for await (const { data } of broker.replay(asked(name))) {
    text += Buffer.from(data).toString();
  }
  return text;
}

const test = suite('SqliteCassetteStore');

storeContract(test, {
  make: (options) => open(newFile(), options),
  reopen: (store) => open(String(store.location)),
  exists: (store) => existsSync(String(store.location)),
});

// One database.

test('cassettes of one database do not see each other, and each is missing by itself', async () => {
  const file = await databaseOf('a');
  const users = open(file, { cassette: 'users' });
  const error = await failure(CassetteLoadError, () => users.load());
  assert.match(error.message, `${file}#users`);
  assert.match(error.message, 'createIfMissing: true');
  assert.equal(await names(open(file, { cassette: 'users', createIfMissing: true })), []);
  await users.save(cassetteOf('u'));
  await open(file, { cassette: 'empty' }).save(new Cassette());
  assert.equal(await names(open(file, { cassette: 'users' })), ['u']);
  assert.equal(await names(open(file, { cassette: 'empty' })), []);
  assert.equal(await names(open(file)), ['a']);
});

test('takes a path or a file: URL, and refuses what is neither, or no name', () => {
  const file = newFile();
  assert.is(new SqliteCassetteStore(pathToFileURL(file)).location, file);
  assert.throws(
    () => new SqliteCassetteStore(''),
    (error: unknown) => error instanceof InvalidOptionError,
  );
  assert.throws(
    () => open(file, { cassette: '' }),
    (error: unknown) => error instanceof InvalidOptionError,
  );
});

test('makes the folders that it needs, and saves onto the disk where it is asked to', async () => {
  const file = join(folder, 'deep', 'down', 'cassettes.db');
  await open(file, { fsync: true }).save(cassetteOf('a'));
  assert.equal(await names(open(file)), ['a']);
});

test('when nobody has it open any more, it is one file', async () => {
  const file = newFile();
  const [one, other] = [open(file), open(file)];
  await one.save(cassetteOf('a'));
  await other.load();
  await one.flush();
  await other.save(cassetteOf('a', 'b'));
  await other.flush();
  assert.equal(besides(file), []);
  open(file).saveSync(cassetteOf('c'));
  assert.equal(besides(file), []);
  assert.equal(await names(open(file)), ['a', 'b', 'c']);
});

test('what was removed is not in the file any more', async () => {
  const file = newFile();
  const store = open(file);
  const secret = interaction({ target: 'http://api.example/old', answer: 'hunter2-hunter2' });
  await store.save(new Cassette([secret, named('a')]));
  await store.save(cassetteOf('a'));
  await store.flush();
  assert.not.match(readFileSync(file, 'latin1'), 'hunter2');
});

// What is read of it.

test('a look-up needs its own row, whatever is wrong with the others; what needs all names the row', async () => {
  const file = await databaseOf('a', 'b', 'c');
  meddle(file, (driver) => driver.exec("UPDATE interactions SET text = 'nonsense' WHERE id = 2"));
  const store = open(file);
  const broker = await Broker.fromStore(store, { mode: 'auto', ...answering('live') });
  assert.is(await answerOf(broker, 'c'), 'answer to c');
  assert.is(await answerOf(broker, 'new'), 'live');
  await broker.close();
  assert.is((await open(file).load()).size, 4);
  const cassette = await open(file).load();
  assert.ok(cassette.find(named('a').fingerprint));
  for (const work of [() => cassette.interactions, () => cassette.find(named('b').fingerprint)]) {
    const error = await failure(CassetteLoadError, work);
    assert.match(error.message, `${file}, row 2 of "interactions"`);
  }
});

test('a fingerprint that is not that of the row is an error that names the row', async () => {
  const file = await databaseOf('a', 'b');
  meddle(file, (driver) =>
    driver.exec('UPDATE interactions SET text = (SELECT text FROM interactions WHERE id = 2) WHERE id = 1'),
  );
  const cassette = await open(file).load();
  const error = await failure(CassetteLoadError, () => cassette.find(named('a').fingerprint));
  assert.match(error.message, 'row 1 of "interactions"');
});

for (const [column, value] of [
  ['path', "'http://api.example/other'"],
  ['path', 'NULL'],
  ['query', "'x=1'"],
]) {
  test(`a row that is not found, because its ${column} was made ${value}, is told at the MISS of it`, async () => {
    const file = await databaseOf('a', 'b');
    meddle(file, (driver) => driver.exec(`UPDATE interactions SET ${column} = ${value} WHERE id = 1`));
    const broker = await Broker.fromStore(open(file), { match: {} });
    assert.is(await answerOf(broker, 'b'), 'answer to b');
    const error = await failure(CassetteLoadError, () => answerOf(broker, 'a'));
    assert.match(
      error.message,
      `${file}, row 1 of "interactions": what its column "${column}" says is not so of its text`,
    );
  });
}

test.skipUnless(process.getBuiltinModule?.('node:sqlite') !== undefined, 'better-sqlite3 writes no such row')(
  'a row with a longer text than there are is an error that names it, and no other row’s',
  async () => {
    const file = await databaseOf('a', 'b');
    const half = Math.floor(constants.MAX_STRING_LENGTH / 2) + 1;
    meddle(file, (driver) =>
      driver.exec(`UPDATE interactions SET text = hex(zeroblob(${half})) WHERE id = 1`),
    );
    const broker = await Broker.fromStore(open(file), { match: {} });
    assert.is(await answerOf(broker, 'b'), 'answer to b');
    const error = await failure(CassetteLoadError, () => answerOf(broker, 'a'));
    assert.match(error.message, `${file}, row 1 of "interactions": its text is longer than`);
    rmSync(file);
  },
);

test('a row with several interactions, and one with none, are errors', async () => {
  for (const text of ['{"interposition":1,"interactions":[]}', '']) {
    const file = await databaseOf('a');
    meddle(file, (driver) => driver.prepare('UPDATE interactions SET text = ?').run(text));
    const cassette = await open(file).load();
    await failure(CassetteLoadError, () => cassette.interactions);
  }
});

test('what was redacted in a URL is found by a request that is not', async () => {
  const file = await databaseOf('of/REDACTED', 'maps?q=REDACTED', 'maps?q=1');
  const broker = await Broker.fromStore(open(file), { match: {} });
  assert.is(await answerOf(broker, 'maps?q=2'), 'answer to maps?q=REDACTED');
  assert.is(await answerOf(broker, 'of/plain'), 'answer to of/REDACTED');
  assert.is(await answerOf(broker, 'maps?q=1&'), 'answer to maps?q=1');
});

test('scanning what is saved reads nothing of what is there', async () => {
  const file = await databaseOf('a', 'b');
  meddle(file, (driver) => driver.exec("UPDATE interactions SET text = 'nonsense' WHERE id = 2"));
  const scanned: string[] = [];
  const scanner = async (text: string) => {
    scanned.push(text);
    return [];
  };
  const store = new ScanningCassetteStore(open(file), scanner, { onFinding: 'error', warn: () => {} });
  const loaded = await store.load();
  await store.save(loaded.append(named('c')), loaded);
  await store.flush?.();
  assert.is((await open(file).load()).size, 3);
  assert.is(scanned.length, 1);
});

test('a Broker that is closed can still be asked for what was not used', async () => {
  const file = await databaseOf('a', 'b');
  const broker = await Broker.fromStore(open(file));
  await answerOf(broker, 'a');
  await broker.close();
  assert.equal(
    broker.unused.map(({ request }) => request.target),
    [asked('b').target],
  );
});

// Several at once.

test('what others have saved stays, and what they have removed does, too', async () => {
  const file = await databaseOf('a', 'b', 'c');
  const [one, other] = [open(file), open(file)];
  const [mine, theirs] = [await one.load(), await other.load()];
  const [first, second] = mine.placed.map(({ place }) => place) as [number, number];
  await other.save(theirs.append(named('theirs')), theirs);
  await one.save(mine.append(named('mine')).without([first]), mine);
  assert.equal(await names(open(file)), ['b', 'c', 'theirs', 'mine']);
  const grown = theirs.append(named('theirs'));
  await other.save(grown.without([first, second]), grown);
  assert.equal(await names(open(file)), ['c', 'theirs', 'mine']);
});

test('what is saved once more by somebody who knows nothing of it is there once', async () => {
  const file = await databaseOf('a', 'b');
  await open(file).save(cassetteOf('b', 'c', 'c'));
  assert.equal(await names(open(file)), ['a', 'b', 'c', 'c']);
});

test('a cassette that was loaded stays as it is, whatever is saved from here', async () => {
  const file = await databaseOf('a', 'b', 'c');
  const store = open(file);
  const loaded = await store.load();
  const [first] = loaded.placed;
  await store.save(loaded.append(named('d')).without([first?.place ?? -1]), loaded);
  assert.equal(namesIn(loaded), ['a', 'b', 'c']);
  assert.ok(loaded.find(named('a').fingerprint));
  await store.save(new Cassette());
  await store.flush();
  assert.is(loaded.size, 3);
  const again = await open(await databaseOf('x')).load();
  assert.equal(namesIn(again), ['x']);
});

test('who has a cassette open while others refresh it gets the old answer or the new one', async () => {
  const file = await databaseOf('a', 'b', 'c');
  const reader = await Broker.fromStore(open(file));
  assert.is(await answerOf(reader, 'a'), 'answer to a');
  const recorder = await Broker.fromStore(open(file), { mode: 'record', ...answering('new') });
  await answerOf(recorder, 'a');
  await answerOf(recorder, 'b');
  assert.is(await answerOf(reader, 'c'), 'answer to c');
  await recorder.close();
  assert.is(await answerOf(reader, 'a'), 'answer to a', 'it was read before');
  assert.is(await answerOf(reader, 'b'), 'new');
});

test('a refresh drops what it replaced, and looks at nothing else', async () => {
  const file = await databaseOf('a', 'b', 'c');
  meddle(file, (driver) => driver.exec("UPDATE interactions SET text = 'nonsense' WHERE id = 3"));
  const broker = await Broker.fromStore(open(file), { mode: 'record', ...answering('new') });
  await answerOf(broker, 'b');
  await broker.close();
  const replay = await Broker.fromStore(open(file));
  assert.is((await open(file).load()).size, 3);
  assert.is(await answerOf(replay, 'b'), 'new');
  assert.is(await answerOf(replay, 'a'), 'answer to a');
});

test('several processes that make one database at the same time do not take it for that of another', async () => {
  for (let round = 0; round < 4; round++) {
    const file = newFile();
    const saves = Array.from({ length: 4 }, (_, index) =>
      runLater(`
        import { Cassette } from ${JSON.stringify(libraryUrl)};
        const store = new SqliteCassetteStore(${JSON.stringify(file)}, { cassette: 'c${index}' });
        await store.save(new Cassette());
        await store.flush();
      `),
    );
    assert.equal(await Promise.all(saves), [0, 0, 0, 0]);
  }
});

test('a save waits for another writer, and does not hold up the program meanwhile', async () => {
  const file = await databaseOf('a');
  const other = openDriver(file, false);
  other.exec('BEGIN IMMEDIATE');
  let isSaved = false;
  const saving = open(file)
    .save(cassetteOf('b'))
    .then(() => {
      isSaved = true;
    });
  for (let turn = 0; turn < 50; turn++) {
    await nextTurn();
  }
  assert.not(isSaved);
  other.exec('COMMIT');
  other.close();
  await saving;
  assert.equal(await names(open(file)), ['a', 'b']);
});

// What goes wrong.

const BROKEN: readonly (readonly [what: string, breaks: (file: string) => void, message: string])[] = [
  [
    'that is no database',
    (file) => writeFileSync(file, 'no database '.repeat(100)),
    'it is not an SQLite database',
  ],
  ['that is cut off', (file) => truncateSync(file, 8192), 'the database is damaged or cut off'],
  [
    'of a newer version',
    (file) => meddle(file, (driver) => driver.exec('PRAGMA user_version = 2')),
    'the version of its tables is 2',
  ],
  [
    'of something else',
    (file) => meddle(file, (driver) => driver.exec('PRAGMA application_id = 7; CREATE TABLE t (a)')),
    'it is a database of something else than cassettes',
  ],
];

for (const [what, breaks, message] of BROKEN) {
  test(`a file ${what} is an error at load and save, and stays as it is`, async () => {
    const file = await databaseOf('a');
    breaks(file);
    const before = readFileSync(file);
    for (const options of [{}, { createIfMissing: true }]) {
      const error = await failure(CassetteLoadError, () => open(file, options).load());
      assert.match(error.message, `${file}: ${message}`);
      assert.is(error.location, file);
    }
    const error = await failure(CassetteSaveError, () => open(file).save(cassetteOf('b')));
    assert.match(error.message, `${file}: ${message}`);
    await failure(CassetteSaveError, () => open(file).saveSync(cassetteOf('b')));
    assert.ok(before.equals(readFileSync(file)));
    assert.equal(besides(file), []);
  });
}

test('a folder is an error', async () => {
  const file = newFile();
  mkdirSync(file, { recursive: true });
  assert.match((await failure(CassetteLoadError, () => open(file).load())).message, 'it is a folder');
  await failure(CassetteSaveError, () => open(file).save(cassetteOf('a')));
});

test('an empty file, as a process leaves it that was killed while it made it, holds no cassette', async () => {
  const file = newFile();
  mkdirSync(join(file, '..'));
  writeFileSync(file, '');
  assert.match(
    (await failure(CassetteLoadError, () => open(file).load())).message,
    'has no cassette "default"',
  );
  assert.equal(await names(open(file, { createIfMissing: true })), []);
  await open(file).save(cassetteOf('a'));
  assert.equal(await names(open(file)), ['a']);
});

test('that another process has the database locked is told', async () => {
  const file = await databaseOf('a');
  const [one, other] = [openDriver(file, false), openDriver(file, false)];
  one.exec('BEGIN IMMEDIATE');
  other.exec('PRAGMA busy_timeout = 0');
  const cause = await failure(Error, () => other.exec('BEGIN IMMEDIATE'));
  const error = sqliteSaveError(file, cause);
  assert.match(error.message, 'another process has it locked');
  assert.is(error.cause, cause);
  one.close();
  other.close();
});

test.skipUnless(hasUsers, 'needs users')('replay in a folder that nobody may write into', async () => {
  const file = await databaseOf('a');
  const place = join(file, '..');
  chmodSync(file, 0o444);
  chmodSync(place, 0o555);
  await unprivileged(async () => {
    const broker = await Broker.fromStore(open(file));
    assert.is(await answerOf(broker, 'a'), 'answer to a');
    await broker.close();
    const error = await failure(CassetteSaveError, () => open(file).save(cassetteOf('b')));
    assert.match(error.message, 'may not be written');
  });
  assert.equal(besides(file), []);
});

test('replay writes nothing', async () => {
  const file = await databaseOf('a');
  const before = readFileSync(file);
  const broker = await Broker.fromStore(open(file));
  assert.is(await answerOf(broker, 'a'), 'answer to a');
  assert.equal(besides(file), []);
  await broker.close();
  assert.equal(besides(file), []);
  assert.ok(before.equals(readFileSync(file)));
});

test.skipUnless(hasSmallDisks, 'needs a small disk')(
  'a full disk fails the save, and what was there stays',
  async () => {
    await onSmallDisk(async (disk) => {
      const file = join(disk, 'cassettes.db');
      const store = open(file);
      await store.save(cassetteOf('a'));
      const large = interaction({ target: 'http://api.example/large', answer: 'x'.repeat(2_000_000) });
      const loaded = await store.load();
      const error = await failure(CassetteSaveError, () => store.save(loaded.append(large), loaded));
      assert.match(error.message, /the disk is full|disk I\/O error/);
      assert.equal(await names(open(file)), ['a']);
      await store.flush();
      assert.equal(await names(open(file)), ['a']);
    }, '512k');
  },
);

test('what a process left that was killed in the middle of a write is put right', async () => {
  const file = await databaseOf('a');
  const killed = `${file}.killed`;
  meddle(file, (driver) => {
    // Without its log, a database that is being written has a journal beside it.
    driver.exec('PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE');
    const insert = driver.prepare(
      'INSERT INTO interactions (cassette, lane, fingerprint, text) SELECT cassette, lane, fingerprint, ? FROM interactions LIMIT 1',
    );
    for (let n = 0; n < 50; n++) {
      insert.run('x'.repeat(5000));
    }
    copyFileSync(file, killed);
    copyFileSync(`${file}-journal`, `${killed}-journal`);
    driver.exec('ROLLBACK');
  });
  assert.equal(await names(open(killed)), ['a']);
});

test('what a process left that was killed between two saves is there, also in a folder that may only be read', async () => {
  const file = newFile();
  const { signal } = run(`
    import { Cassette, Interaction } from ${JSON.stringify(libraryUrl)};
    const request = { protocol: 'http', action: 'GET', target: 'http://api.example/a', headers: [], body: new Uint8Array() };
    const responseChunks = [{ data: Buffer.from('a'), sequence: 0 }];
    const store = new SqliteCassetteStore(${JSON.stringify(file)});
    await store.save(new Cassette([new Interaction({ request, responseChunks })]));
    process.kill(process.pid, 'SIGKILL');
  `);
  assert.is(signal, 'SIGKILL');
  assert.equal(besides(file).sort(), ['cassettes.db-shm', 'cassettes.db-wal']);
  if (hasUsers) {
    chmodSync(join(file, '..'), 0o555);
    await unprivileged(async () => assert.equal(await names(open(file)), ['a']));
    chmodSync(join(file, '..'), 0o755);
  }
  assert.equal(await names(open(file)), ['a']);
  await open(file).save(cassetteOf('b'));
  const store = open(file);
  await store.save(cassetteOf('c'));
  await store.flush();
  assert.equal(await names(open(file)), ['a', 'b', 'c']);
});

// The drivers.

function run(code: string, ...options: readonly string[]): ReturnType<typeof spawnSync> {
  const program = `import { SqliteCassetteStore } from ${JSON.stringify(libraryOfStore)};\n${code}`;
  return spawnSync(process.execPath, [...options, '--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
}

async function runLater(code: string): Promise<unknown> {
  const program = `import { SqliteCassetteStore } from ${JSON.stringify(libraryOfStore)};\n${code}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
  const [status] = await once(child, 'exit');
  return status;
}

test('a user sees no warning of Node, and other warnings as ever', () => {
  const { stderr, status } = run(`
    const store = new SqliteCassetteStore(${JSON.stringify(newFile())}, { createIfMissing: true });
    await store.load();
    store.saveSync(await store.load());
    process.emitWarning('of another thing', 'ExperimentalWarning');
  `);
  assert.is(status, 0, String(stderr));
  assert.match(String(stderr), 'ExperimentalWarning: of another thing');
  assert.not.match(String(stderr), 'SQLite');
});

test('where there is no SQLite, the error says what to install', () => {
  const without = `
    import Module from 'node:module';
    const { getBuiltinModule } = process;
    process.getBuiltinModule = (name) => name === 'node:sqlite' ? undefined : getBuiltinModule.call(process, name);
    const resolve = Module._resolveFilename;
    Module._resolveFilename = function (name, ...rest) {
      return resolve.call(this, name === 'better-sqlite3' ? 'not-there' : name, ...rest);
    };`;
  const { stdout, stderr } = run(
    `
    const store = new SqliteCassetteStore(${JSON.stringify(newFile())}, { createIfMissing: true });
    const { Cassette } = await import(${JSON.stringify(libraryUrl)});
    const cassette = new Cassette();
    for (const work of [() => store.load(), () => store.save(cassette), () => store.saveSync(cassette)]) {
      try { await work(); } catch (error) { console.log(error.name, error.message); }
    }
  `,
    '--import',
    `data:text/javascript,${encodeURIComponent(without)}`,
  );
  const lines = String(stdout).trim().split('\n');
  assert.equal(
    lines.map((line) => line.split(' ')[0]),
    ['InvalidOptionError', 'CassetteSaveError', 'CassetteSaveError'],
    String(stderr),
  );
  for (const line of lines) {
    assert.match(line, /Run: npm i better-sqlite3@/);
  }
});

test.run();
