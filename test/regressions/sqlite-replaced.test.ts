import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Broker, type CassetteStore } from '../../src/index.js';
import { SqliteCassetteStore } from '../../src/stores/sqlite.js';
import { cassetteOf, named, namesIn } from '../support/interactions.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

// What was saved from then on went into the file that was gone, and was acknowledged; a refresh dropped rows of the other
// file that had the ids of its own.
const test = suite('regression: a database that is deleted or replaced while it is recorded into');
const whereFilesMayGo = test.skipUnless(
  process.platform !== 'win32',
  'Windows keeps open files in their place',
);

const folder = tempFolder();
let files = 0;

async function databaseOf(...names: readonly string[]): Promise<string> {
  const file = join(folder, `${++files}.db`);
  const store = new SqliteCassetteStore(file);
  await store.save(cassetteOf(...names));
  await store.flush();
  return file;
}

/** As git does where it checks out another version. */
async function replace(file: string, ...names: readonly string[]): Promise<void> {
  renameSync(await databaseOf(...names), file);
}

async function stored(file: string): Promise<readonly string[]> {
  const store = new SqliteCassetteStore(file);
  const names = namesIn(await store.load());
  await store.flush();
  return names;
}

async function answerOf(broker: Broker, name: string): Promise<string> {
  let text = '';
  for await (const { data } of broker.replay(named(name).request)) {
    text += Buffer.from(data).toString();
  }
  return text;
}

function recording(store: CassetteStore): Promise<Broker> {
  return Broker.fromStore(store, {
    mode: 'record',
    async *liveResponder() {
      yield { data: Buffer.from('new'), sequence: 0 };
    },
  });
}

whereFilesMayGo('what is saved after it was deleted is in a new one', async () => {
  const file = await databaseOf('before');
  const broker = await recording(new SqliteCassetteStore(file));
  await answerOf(broker, 'a');
  for (const end of ['', '-wal', '-shm']) {
    rmSync(`${file}${end}`);
  }
  await answerOf(broker, 'b');
  assert.is(await answerOf(broker, 'a'), 'new');
  await broker.close();
  assert.equal(await stored(file), ['b', 'a']);
});

whereFilesMayGo('what is saved after it was replaced is in the one that took its place', async () => {
  const file = await databaseOf('old');
  const copy = `${file}.copy`;
  copyFileSync(file, copy);
  const broker = await recording(new SqliteCassetteStore(file));
  await answerOf(broker, 'a');
  renameSync(copy, file);
  await answerOf(broker, 'b');
  await broker.close();
  assert.equal(await stored(file), ['old', 'b']);
});

whereFilesMayGo('a refresh drops nothing of the one that took its place', async () => {
  for (const isSavedBefore of [true, false]) {
    const file = await databaseOf('a', 'b');
    const broker = await recording(new SqliteCassetteStore(file));
    if (isSavedBefore) {
      await answerOf(broker, 'a');
    }
    await replace(file, 'c', 'd');
    await answerOf(broker, 'b');
    await broker.close();
    assert.equal(await stored(file), ['c', 'd', 'b']);
  }
});

whereFilesMayGo('who looks up what is in the one that took its place gets that', async () => {
  const file = await databaseOf('a');
  const store = new SqliteCassetteStore(file);
  const before = await store.load();
  assert.equal(namesIn(before), ['a']);
  await replace(file, 'c', 'd');
  const after = before.append(named('b'));
  await store.save(after, before);
  assert.equal(after.find(named('c').fingerprint)?.request.target, named('c').request.target);
  assert.is(after.find(named('a').fingerprint), undefined);
  assert.is(after.size, 3);
  await store.flush();
});

test.run();
