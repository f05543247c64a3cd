import { createStorage, type Storage } from 'unstorage';
import * as assert from 'uvu/assert';
import {
  Broker,
  Cassette,
  CassetteLoadError,
  CassetteSaveError,
  InvalidOptionError,
} from '../../../src/index.js';
import { KeyValueCassetteStore } from '../../../src/stores/key-value/store.js';
import { failure } from '../../support/failure.js';
import { cassetteOf, interaction, named, namesIn } from '../../support/interactions.js';
import { suite } from '../../support/suite.js';

const test = suite('KeyValueCassetteStore');

const LOCATION = 'memory://suite';
const MARKER = 'interposition';

function storeOn(storage: Storage, options = {}): KeyValueCassetteStore {
  return new KeyValueCassetteStore(storage, { location: LOCATION, ...options });
}

async function saved(storage: Storage, ...names: readonly string[]): Promise<KeyValueCassetteStore> {
  const store = storeOn(storage, { createIfMissing: true });
  await store.save(cassetteOf(...names));
  return store;
}

/** The keys of the interactions, in their order. */
async function keysOf(storage: Storage): Promise<readonly string[]> {
  return (await storage.getKeys()).filter((key) => key !== MARKER).sort();
}

const recordedAt = (name: string, at: string) =>
  interaction({ target: `http://api.example/${name}`, metadata: [['recorded_at', at]] });

/** A storage of which some methods are others; each gets the storage underneath. */
function altered(storage: Storage, methods: (inner: Storage) => Partial<Storage>): Storage {
  return Object.assign(Object.create(storage) as Storage, methods(storage));
}

test('a key says when its interaction was recorded, and its value is a cassette with just this one', async () => {
  const storage = createStorage();
  await storeOn(storage).save(new Cassette([recordedAt('a', '2026-01-02T03:04:05.678Z')]));
  const [key = ''] = await keysOf(storage);
  assert.match(key, /^20260102T030405678-0000000-[\da-f]{32}$/);
  const value = String(await storage.getItem(key));
  assert.ok(value.startsWith('interposition 1\n'));
  const cassette = JSON.parse(value.slice(value.indexOf('\n'))) as { interactions: unknown[] };
  assert.is(cassette.interactions.length, 1);
});

test('the order of keys is that of the cassette, also where times go back or are missing', async () => {
  const storage = createStorage();
  const cassette = new Cassette([
    named('imported 1'),
    named('imported 2'),
    recordedAt('late', '2026-01-02T03:04:05.000Z'),
    recordedAt('before it', '2025-12-31T00:00:00.000Z'),
    named('imported 3'),
    recordedAt('later', '2026-01-02T03:04:05.001Z'),
    recordedAt('far', '+012345-01-01T00:00:00.000Z'),
    recordedAt('ancient', '-000001-01-01T00:00:00.000Z'),
  ]);
  await storeOn(storage).save(cassette);
  assert.equal(namesIn(await storeOn(storage).load()), namesIn(cassette));
});

test('those who store the same cassette store it once', async () => {
  const storage = createStorage();
  const same = () =>
    new Cassette([named('a'), recordedAt('b', '2026-01-02T03:04:05.678Z'), named('c'), named('c')]);
  const start = new Cassette();
  await Promise.all([storeOn(storage), storeOn(storage)].map((store) => store.save(same(), start)));
  assert.equal(namesIn(await storeOn(storage).load()), ['a', 'b', 'c', 'c']);
});

test('those who add different things keep each the other’s', async () => {
  const storage = createStorage();
  await saved(storage, 'a');
  const stores = ['b', 'c', 'd'].map((name) => ({ name, store: storeOn(storage) }));
  await Promise.all(
    stores.map(async ({ name, store }) => {
      const cassette = await store.load();
      await store.save(cassette.append(named(name)), cassette);
    }),
  );
  assert.equal([...namesIn(await storeOn(storage).load())].sort(), ['a', 'b', 'c', 'd']);
});

test('what others deleted stays deleted, what they stored stays, what was removed here goes', async () => {
  const storage = createStorage();
  const store = await saved(storage, 'a', 'b', 'c');
  const cassette = await store.load();
  const [, b] = await keysOf(storage);
  await storage.removeItem(String(b));
  const other = storeOn(storage);
  const theirs = await other.load();
  await other.save(theirs.append(named('theirs')), theirs);
  await store.save(new Cassette([...cassette.interactions.slice(1), named('mine')]), cassette);
  assert.equal([...namesIn(await storeOn(storage).load())].sort(), ['c', 'mine', 'theirs']);
});

test('a cassette that another store loaded is known by what it holds', async () => {
  const storage = createStorage();
  const loaded = await (await saved(storage, 'a', 'b', 'b', 'c')).load();
  const [a, b, , c] = loaded.interactions;
  await storeOn(storage).save(new Cassette([a, b, c, named('d')].filter((one) => one !== undefined)), loaded);
  assert.equal(namesIn(await storeOn(storage).load()), ['a', 'b', 'c', 'd']);
});

test('something new in front of what is there does not delete what it puts back', async () => {
  const storage = createStorage();
  const b = recordedAt('b', '2026-01-02T03:04:05.678Z');
  const store = storeOn(storage);
  const before = new Cassette([b]);
  await store.save(before);
  await store.save(new Cassette([named('a'), b]), before);
  assert.equal(namesIn(await storeOn(storage).load()), ['a', 'b']);
});

test('a save that appends writes one key a new interaction, and nothing else', async () => {
  const inner = createStorage();
  const calls: string[] = [];
  const storage = new Proxy(inner, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') {
        return method;
      }
      return (...args: unknown[]) => {
        calls.push(String(name));
        return Reflect.apply(method, target, args);
      };
    },
  });
  const store = await saved(storage, 'a');
  let cassette = await store.load();
  calls.length = 0;
  for (const name of ['b', 'c']) {
    const next = cassette.append(named(name));
    await store.save(next, cassette);
    cassette = next;
  }
  assert.equal(calls, ['setItem', 'setItem']);
});

test('a refresh is seen as the old, the new or both, whenever it is read', async () => {
  const storage = createStorage();
  const store = await saved(storage, 'old');
  const seen: string[] = [];
  const reading = altered(storage, (inner) => ({
    setItem: async (key: string, value: unknown) => {
      await inner.setItem(key, value as string);
      seen.push([...namesIn(await storeOn(storage).load())].sort().join());
    },
    removeItem: async (key: string) => {
      seen.push([...namesIn(await storeOn(storage).load())].sort().join());
      await inner.removeItem(key);
      seen.push([...namesIn(await storeOn(storage).load())].sort().join());
    },
  }));
  const before = await store.load();
  const refreshing = storeOn(reading);
  await refreshing.load();
  await refreshing.save(cassetteOf('new'), before);
  assert.equal([...new Set(seen)], ['new,old', 'new']);
});

test('a list of keys that misses both, because a refresh went on meanwhile, is not believed', async () => {
  const inner = createStorage();
  await saved(inner, 'old');
  let lists = 0;
  const racing = altered(inner, (storage) => ({
    getKeys: async () => {
      if (++lists > 1) {
        return storage.getKeys();
      }
      const [old = ''] = await keysOf(storage);
      const store = storeOn(storage);
      await store.save(cassetteOf('new'), await store.load());
      return (await storage.getKeys()).filter((key) => key === old || key === MARKER);
    },
  }));
  assert.equal(namesIn(await storeOn(racing).load()), ['new']);
  lists = 0;
  const missesBoth = altered(inner, (storage) => ({
    getKeys: async () => (++lists > 1 ? storage.getKeys() : [MARKER]),
  }));
  assert.equal(namesIn(await storeOn(missesBoth).load()), ['new']);
});

test('a value that is half written is read again', async () => {
  const inner = createStorage();
  await saved(inner, 'a');
  let reads = 0;
  const torn = altered(
    inner,
    (storage) =>
      ({
        getItems: async (keys: never) => {
          const items = await storage.getItems<string>(keys);
          return ++reads > 1 ? items : items.map(({ key, value }) => ({ key, value: value.slice(0, 80) }));
        },
      }) as Partial<Storage>,
  );
  assert.equal(namesIn(await storeOn(torn).load()), ['a']);
});

test('a storage that others write into all the time is read all the same', async () => {
  const inner = createStorage();
  const store = await saved(inner, 'a');
  let cassette = await store.load();
  let count = 0;
  const busy = altered(inner, (storage) => ({
    getKeys: async () => {
      const next = cassette.append(named(String(++count)));
      await store.save(next, cassette);
      cassette = next;
      return storage.getKeys();
    },
  }));
  assert.is(namesIn(await storeOn(busy).load())[0], 'a');
});

for (const [what, spoil, message] of [
  ['a value that is cut off', (value: string) => value.slice(0, 90), 'it is cut off after byte'],
  [
    'a value without its bodies',
    (value: string) => value.replace('"response"', '"x"'),
    '"response" is not an object',
  ],
  [
    'a value of somebody else',
    () => 'hello world',
    'what is there (a text of 11 characters) is not of a cassette. Delete this key, and record again.',
  ],
  ['a value that a driver parsed', () => ({ a: 1 }), 'what is there (object) is not of a cassette'],
  ['a value of a later layout', (value: string) => value.replace('n 1', 'n 2'), 'its layout is of version 2'],
  ['a value of a later format', (value: string) => value.replace('": 1', '": 2'), 'its format version is 2'],
] as const) {
  test(`${what} is an error that names its key`, async () => {
    const storage = createStorage();
    await saved(storage, 'a', 'b');
    const [key = ''] = await keysOf(storage);
    await storage.setItem(key, spoil(String(await storage.getItem(key))));
    const { message: told } = await failure(CassetteLoadError, () => storeOn(storage).load());
    assert.match(told, `Cannot load the cassette ${LOCATION}, key ${key}: `);
    assert.match(told, message);
  });
}

test('a cassette of a later layout is refused, also where it is empty, and is not written into', async () => {
  const storage = createStorage();
  await storage.setItem(MARKER, 'interposition 2\nwhatever');
  const store = storeOn(storage, { createIfMissing: true });
  assert.match((await failure(CassetteLoadError, () => store.load())).message, 'Update the package');
  assert.match((await failure(CassetteSaveError, () => store.save(cassetteOf('a')))).message, 'version 2');
  assert.equal(await storage.getKeys(), [MARKER]);
});

test('other data under the prefix are no cassette, and are named, but not shown', async () => {
  const storage = createStorage();
  await storage.setItem('sessions', 'hunter2');
  for (const createIfMissing of [true, false]) {
    const store = storeOn(storage, { createIfMissing });
    const error = await failure(CassetteLoadError, () => store.load());
    assert.match(error.message, 'there is no cassette, but something else: the key "sessions"');
    assert.not.match(error.message, 'hunter2');
  }
  const error = await failure(CassetteSaveError, () => storeOn(storage).save(cassetteOf('a')));
  assert.match(
    error.message,
    `Cannot save the cassette ${LOCATION}: there is no cassette, but something else`,
  );
  assert.equal(await storage.getKeys(), ['sessions']);
});

test('a cassette below another one is not a part of it', async () => {
  const storage = createStorage();
  await storage.setItem('below:interposition', 'interposition 1\n');
  await storage.setItem('below:20260102T030405678-0000000-00000000000000000000000000000000', 'x');
  assert.is((await storeOn(storage, { createIfMissing: true }).load()).size, 0);
  await failure(CassetteLoadError, () => storeOn(storage).load());
});

test('recordings whose marker somebody deleted are still there', async () => {
  const storage = createStorage();
  await saved(storage, 'a');
  await storage.removeItem(MARKER);
  assert.equal(namesIn(await storeOn(storage).load()), ['a']);
});

test('a driver that lists only the first keys is found out', async () => {
  const inner = createStorage();
  await saved(inner, ...Array.from({ length: 20 }, (_, index) => String(index)));
  const first = altered(inner, (storage) => ({
    getKeys: async () => (await storage.getKeys()).sort().slice(0, 15),
  }));
  const { message } = await failure(CassetteLoadError, () => storeOn(first).load());
  assert.match(message, 'its driver lists only a part of the keys');
});

test('a driver that keeps nothing, or something else, is found out at the first save', async () => {
  const readOnly = createStorage({
    driver: { hasItem: () => false, getItem: () => null, getKeys: () => [] },
  });
  const { message } = await failure(CassetteSaveError, () => storeOn(readOnly).save(cassetteOf('a')));
  assert.match(message, 'does not give back what was written');
  const full = createStorage();
  await saved(full, 'a');
  const frozen = altered(full, () => ({ setItem: async () => {} }));
  await failure(CassetteSaveError, () => storeOn(frozen).save(cassetteOf('a', 'b')));
});

test('credentials are in no message, also those that a driver puts there', async () => {
  const location = 'redis://user:hunter2@cache.example/suite';
  const inner = Object.assign(new Error('WRONGPASS at redis://user:hunter2@cache.example'), {
    code: 'WRONGPASS',
    command: { name: 'auth', args: ['hunter2'] },
  });
  const refusing = altered(createStorage(), () => ({
    getKeys: () => Promise.reject(inner),
    getItem: () => Promise.reject(inner),
  }));
  const store = new KeyValueCassetteStore(refusing, { location });
  for (const [kind, work] of [
    [CassetteLoadError, () => store.load()],
    [CassetteSaveError, () => store.save(cassetteOf('a'))],
  ] as const) {
    const error = await failure<CassetteLoadError | CassetteSaveError>(kind, work);
    assert.is(error.location, 'redis://cache.example/suite');
    assert.match(
      error.message,
      'the cassette redis://cache.example/suite: WRONGPASS at redis://cache.example',
    );
    assert.is((error.cause as NodeJS.ErrnoException).code, 'WRONGPASS');
    assert.not.match((await import('node:util')).inspect(error, { depth: 9 }), 'hunter2');
  }
});

test('a server’s answer that is a document does not become the message', async () => {
  const refusing = altered(createStorage(), () => ({
    getKeys: () =>
      Promise.reject(
        new Error('[s3] [GET] http://x/b: 403 Forbidden <?xml version="1.0"?>\n<Error><AWSAccessKeyId>AK'),
      ),
  }));
  const { message } = await failure(CassetteLoadError, () => storeOn(refusing).load());
  assert.is(message, `Cannot load the cassette ${LOCATION}: [s3] [GET] http://x/b: 403 Forbidden.`);
});

test('a storage that does not answer is an error in time', async () => {
  const never = () => new Promise<never>(() => {});
  const silent = altered(createStorage(), () => ({ getKeys: never, getItem: never }));
  const store = storeOn(silent, { waitMs: 20 });
  const why = 'the storage did not answer within 20 ms';
  assert.match((await failure(CassetteLoadError, () => store.load())).message, why);
  assert.match((await failure(CassetteSaveError, () => store.save(cassetteOf('a')))).message, why);
  await failure(InvalidOptionError, async () => storeOn(silent, { waitMs: 0 }));
});

test('a failed save rejects, and the same save again stores everything once', async () => {
  const inner = createStorage();
  const store0 = await saved(inner, 'a');
  let failures = 0;
  const fickle = altered(inner, (storage) => ({
    setItem: async (key: string, value: unknown) => {
      await storage.setItem(key, value as string);
      if (failures-- > 0) {
        throw new Error('the answer was lost');
      }
    },
  }));
  const store = storeOn(fickle);
  const before = await store.load();
  const next = before.append(named('b')).append(named('c'));
  failures = 1;
  await failure(CassetteSaveError, () => store.save(next, before));
  await store.save(next, before);
  await store.save(next.append(named('d')), next);
  assert.equal(namesIn(await store0.load()), ['a', 'b', 'c', 'd']);
});

test('a storage that is made when it is needed is ended when a Broker is closed, and made again', async () => {
  const inner = createStorage();
  let made = 0;
  let ended = 0;
  const store = new KeyValueCassetteStore(
    () => {
      made++;
      return altered(inner, () => ({
        dispose: async () => {
          ended++;
        },
      }));
    },
    { createIfMissing: true },
  );
  assert.is(made, 0);
  for (const time of [1, 2]) {
    const broker = await Broker.fromStore(store, {
      mode: 'record',
      liveResponder: async function* () {
        yield { data: new Uint8Array(), sequence: 0 };
      },
    });
    for await (const _ of broker.replay(named(`recorded ${time}`).request)) {
      assert.is(made, time);
    }
    await broker.close();
    assert.is(ended, time);
  }
  assert.equal(namesIn(await store.load()), ['recorded 1', 'recorded 2']);
});

test('what a connection reports says why an operation failed', async () => {
  const store = new KeyValueCassetteStore((report) =>
    altered(createStorage(), () => ({
      getKeys: async () => {
        report(Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' }));
        throw new Error('reached the limit of retries');
      },
    })),
  );
  const { message } = await failure(CassetteLoadError, () => store.load());
  assert.is(message, 'Cannot load the cassette in a key-value storage: connect ECONNREFUSED 127.0.0.1:1.');
});

test('a storage that failed is not used again where the store can make another one', async () => {
  const inner = createStorage();
  let made = 0;
  const store = new KeyValueCassetteStore(
    () => {
      const isFirst = ++made === 1;
      return altered(inner, () => (isFirst ? { getKeys: () => Promise.reject(new Error('gone')) } : {}));
    },
    { createIfMissing: true },
  );
  await failure(CassetteLoadError, () => store.load());
  assert.is((await store.load()).size, 0);
});

test.run();
