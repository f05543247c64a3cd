import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  Broker,
  BufferedCassetteStore,
  Cassette,
  CassetteSaveError,
  InvalidOptionError,
  JsonFileCassetteStore,
} from '../../src/index.js';
import { storeContract } from '../contract/store-contract.js';
import { failure } from '../support/failure.js';
import { FickleStore } from '../support/fickle-store.js';
import { cassetteOf, named, namesIn } from '../support/interactions.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

const HOUR_MS = 3_600_000;
const folder = tempFolder();
let files = 0;

const contract = suite('BufferedCassetteStore keeps the contract');

storeContract(contract, {
  make: (options) =>
    new BufferedCassetteStore(new JsonFileCassetteStore(join(folder, `${++files}/cassette.json`), options)),
  // By itself: for others it is there only after a flush.
  reopen: (store) => store,
  exists: (store) => existsSync(join(String(store.location), '..')),
});

contract.run();

const test = suite('BufferedCassetteStore');

/** Saves so many versions of a growing cassette, each as a Broker does. */
async function grow(store: BufferedCassetteStore, names: readonly string[]): Promise<void> {
  let cassette = await store.load();
  for (const name of names) {
    const next = cassette.append(named(name));
    await store.save(next, cassette);
    cassette = next;
  }
}

test('acknowledges before it stores, and stores several saves together', async () => {
  const inner = new FickleStore();
  const store = new BufferedCassetteStore(inner, { everyMs: HOUR_MS });
  await grow(store, ['a', 'b', 'c']);
  assert.is(inner.tried, 0);
  assert.is((await inner.load()).size, 0);
  await store.flush();
  assert.is(inner.tried, 1);
  assert.equal(namesIn(await inner.load()), ['a', 'b', 'c']);
});

test('stores by itself after a while', async () => {
  const inner = new FickleStore();
  await grow(new BufferedCassetteStore(inner, { everyMs: 5 }), ['a', 'b']);
  while (inner.tried === 0) {
    await new Promise(setImmediate);
  }
  assert.equal(namesIn(await inner.load()), ['a', 'b']);
});

test('never has more waiting than it was told', async () => {
  const inner = new FickleStore();
  const store = new BufferedCassetteStore(inner, { everyMs: HOUR_MS, max: 3 });
  await grow(store, ['1', '2', '3']);
  assert.is(inner.tried, 0);
  await grow(new BufferedCassetteStore(inner, { everyMs: HOUR_MS, max: 3 }), ['4', '5', '6', '7', '8']);
  assert.is(inner.tried, 1);
  assert.equal(namesIn(await inner.load()), ['4', '5', '6', '7']);
});

test('the exit stores what waits', async () => {
  const inner = new FickleStore();
  const store = new BufferedCassetteStore(inner, { everyMs: HOUR_MS });
  await grow(store, ['a', 'b']);
  const cassette = cassetteOf('a', 'b');
  store.saveSync?.(cassette, cassette);
  assert.is((await inner.load()).size, 2);
});

test('what could not be stored is not dropped: the next save tells, and stores it where it can', async () => {
  const inner = new FickleStore();
  const store = new BufferedCassetteStore(inner, { everyMs: HOUR_MS });
  const [a, b] = [cassetteOf('a'), cassetteOf('a').append(named('b'))];
  inner.failures = 2;
  await store.save(a);
  assert.match((await failure(Error, () => store.flush())).message, 'not now');
  assert.match((await failure(Error, () => store.save(b, a))).message, 'not now');
  assert.is((await inner.load()).size, 0);
  await store.save(b.append(named('c')), b);
  assert.equal(namesIn(await inner.load()), ['a', 'b', 'c']);
});

for (const [what, end] of [
  ['closed', (broker: Broker) => broker.close()],
  ['closed at the exit', (broker: Broker) => broker.closeSync()],
] as const) {
  test(`a Broker that is ${what} has everything stored, and tells where that fails`, async () => {
    const record = async (inner: FickleStore): Promise<Broker> => {
      const broker = await Broker.fromStore(new BufferedCassetteStore(inner, { everyMs: HOUR_MS }), {
        mode: 'record',
        liveResponder: async function* () {
          yield { data: new Uint8Array(), sequence: 0 };
        },
      });
      for await (const _ of broker.replay(named('a').request)) {
        assert.is(inner.tried, 0);
      }
      return broker;
    };
    const inner = new FickleStore();
    await end(await record(inner));
    assert.equal(namesIn(await inner.load()), ['a']);

    const failing = new FickleStore();
    const broker = await record(failing);
    failing.failures = 9;
    await failure(CassetteSaveError, () => end(broker));
  });
}

test('two lines of cassettes that wait in one store are both stored', async () => {
  const inner = new FickleStore();
  const store = new BufferedCassetteStore(inner, { everyMs: HOUR_MS });
  const start = new Cassette();
  for (const side of ['a', 'b']) {
    const first = start.append(named(`${side}1`));
    await store.save(first, start);
    await store.save(first.append(named(`${side}2`)), first);
  }
  await store.flush();
  assert.equal([...namesIn(await inner.load())].sort(), ['a1', 'a2', 'b1', 'b2']);
});

test('options that cannot be used are errors', async () => {
  for (const options of [{ everyMs: 0 }, { everyMs: Number.NaN }, { max: 0 }, { max: -1 }]) {
    await failure(InvalidOptionError, async () => new BufferedCassetteStore(new FickleStore(), options));
  }
});

test.run();
