import * as assert from 'uvu/assert';
import { Broker, Cassette, CassetteLoadError, type CassetteStore } from '../../src/index.js';
import { failure } from '../support/failure.js';
import { assertSameInteractions, cassetteOf, named, namesIn } from '../support/interactions.js';
import type { Suite } from '../support/suite.js';
import { SHAPES } from './interaction-shapes.js';

/** A kind of store, as the contract needs it. */
export interface StoreKind {
  /** A store on storage of its own that nothing was saved in. */
  make(options?: { readonly createIfMissing?: boolean }): CassetteStore;
  /** A store as a later process opens it on what this one saved; itself, where nothing outlives it. */
  reopen(store: CassetteStore): CassetteStore;
  /** Does the storage of this store exist? */
  exists(store: CassetteStore): boolean | Promise<boolean>;
}

const ALL = SHAPES.map(([, shape]) => shape);

/** What every store keeps to. */
export function storeContract(test: Suite<Record<string, never>>, kind: StoreKind): void {
  const saved = async (...names: readonly string[]): Promise<CassetteStore> => {
    const store = kind.make();
    await store.save(cassetteOf(...names));
    return store;
  };
  /** What a store may leave out is not tested of one that does. */
  const testSync: typeof test | (() => void) = kind.make().saveSync === undefined ? () => {} : test;
  const stored = async (store: CassetteStore): Promise<Cassette> => kind.reopen(store).load();

  for (const [name, shape] of SHAPES) {
    test(`save keeps ${name}`, async () => {
      const store = kind.make();
      await store.save(new Cassette([shape]));
      assertSameInteractions((await stored(store)).interactions, [shape]);
    });

    testSync(`saveSync keeps ${name}`, async () => {
      const store = kind.make();
      store.saveSync?.(new Cassette([shape]));
      assertSameInteractions((await stored(store)).interactions, [shape]);
    });
  }

  test('keeps the order, and interactions that are there twice', async () => {
    const store = kind.make();
    const twice = [...ALL, ...ALL.toReversed()];
    await store.save(new Cassette(twice));
    assertSameInteractions((await stored(store)).interactions, twice);
  });

  test('keeps JSON keys of prototypes away from prototypes', async () => {
    const store = kind.make();
    await store.save(new Cassette(ALL));
    await stored(store);
    assert.not('polluted' in {});
  });

  test('a cassette that was saved and loaded finds by fingerprint', async () => {
    const store = await saved('a', 'b', 'c');
    const found = (await stored(store)).find(named('b').fingerprint);
    assertSameInteractions(found ? [found] : [], [named('b')]);
  });

  test('missing storage is an error, and it says how to start empty', async () => {
    for (const store of [kind.make(), kind.make({}), kind.make({ createIfMissing: false })]) {
      const error = await failure(CassetteLoadError, () => store.load());
      assert.is(error.name, 'CassetteLoadError');
      assert.is(error.code, 'ERR_CASSETTE_LOAD');
      assert.is(error.location, store.location);
      assert.match(error.message, String(store.location));
      assert.match(error.message, 'createIfMissing: true');
      assert.not(await kind.exists(store));
    }
  });

  test('missing storage is an empty cassette where the store was made so, and loading creates nothing', async () => {
    const store = kind.make({ createIfMissing: true });
    assert.is((await store.load()).size, 0);
    assert.is((await store.load()).size, 0);
    assert.not(await kind.exists(store));
  });

  test('a store made so still gives what was saved', async () => {
    const store = kind.make({ createIfMissing: true });
    await store.save(cassetteOf('a'));
    assert.equal(namesIn(await store.load()), ['a']);
  });

  test('a store keeps its decision about missing storage under every Broker', async () => {
    const live = { liveResponder: async function* () {} };
    for (const mode of ['replay', 'record', 'auto'] as const) {
      await failure(CassetteLoadError, () => Broker.fromStore(kind.make(), { mode, ...live }));
      const broker = await Broker.fromStore(kind.make({ createIfMissing: true }), { mode, ...live });
      assert.is(broker.cassette.size, 0);
    }
  });

  test('making a store touches nothing', async () => {
    const store = kind.make({ createIfMissing: true });
    assert.not(await kind.exists(store));
    const early = kind.reopen(store);
    await store.save(cassetteOf('saved after the other was made'));
    assert.equal(namesIn(await early.load()), ['saved after the other was made']);
  });

  test('an empty cassette that was saved is one, and no missing one', async () => {
    const store = kind.make();
    await store.save(new Cassette());
    assert.is((await stored(store)).size, 0);
  });

  test('loads the same each time', async () => {
    const store = await saved('a', 'b');
    const [first, second] = await Promise.all([store.load(), store.load()]);
    assert.equal(namesIn(first), ['a', 'b']);
    assert.equal(namesIn(second), ['a', 'b']);
  });

  for (const [what, next] of [
    ['a grown one', ['a', 'b', 'c', 'd']],
    ['a shrunk one', ['b']],
    ['an empty one', []],
    ['one in another order', ['c', 'a', 'b']],
    ['a wholly different one', ['x', 'y']],
    ['one with something in the middle gone, and something new', ['a', 'c', 'd']],
  ] as const) {
    test(`save replaces what was saved: with ${what}`, async () => {
      const store = await saved('a', 'b', 'c');
      await store.save(cassetteOf(...next));
      assert.equal(namesIn(await stored(store)), next);
    });

    testSync(`saveSync replaces what was saved: with ${what}`, async () => {
      const store = await saved('a', 'b', 'c');
      store.saveSync?.(cassetteOf(...next));
      assert.equal(namesIn(await stored(store)), next);
    });

    test(`save replaces what was loaded: with ${what}`, async () => {
      const store = kind.reopen(await saved('a', 'b', 'c'));
      await store.load();
      await store.save(cassetteOf(...next));
      assert.equal(namesIn(await stored(store)), next);
    });
  }

  test('what is appended to a loaded cassette is stored when it is saved, and not before', async () => {
    const store = kind.reopen(await saved('a', 'b'));
    const grown = (await store.load()).append(named('c'));
    assert.equal(namesIn(await stored(store)), ['a', 'b']);
    await store.save(grown);
    assert.equal(namesIn(await stored(store)), ['a', 'b', 'c']);
  });

  test('a cassette that grows by one interaction a save is whole after each', async () => {
    const store = kind.make();
    let cassette = new Cassette();
    for (const shape of ALL.slice(0, 12)) {
      cassette = cassette.append(shape);
      await store.save(cassette);
      assert.is((await stored(store)).size, cassette.size);
    }
    assertSameInteractions((await stored(store)).interactions, cassette.interactions);
  });

  test('saves that are asked for at once are done in their order, and each is there when it resolves', async () => {
    const store = kind.make();
    let cassette = new Cassette();
    const seen = Array.from({ length: 20 }, async (_, index) => {
      cassette = cassette.append(named(String(index)));
      const { size } = cassette;
      await store.save(cassette);
      return [size, (await stored(store)).size] as const;
    });
    for (const [atLeast, size] of await Promise.all(seen)) {
      assert.ok(size >= atLeast, `${size} interactions were stored where ${atLeast} were saved`);
    }
    assert.equal(
      namesIn(await stored(store)),
      Array.from({ length: 20 }, (_, index) => String(index)),
    );
  });

  test('of saves at once the last one counts, a shrunk one too', async () => {
    const store = kind.make();
    await Promise.all([
      store.save(cassetteOf('a', 'b', 'c')),
      store.save(cassetteOf('a', 'b', 'c', 'd')),
      store.save(cassetteOf('d')),
    ]);
    assert.equal(namesIn(await stored(store)), ['d']);
  });

  testSync('saveSync while a save is on its way: what it wrote is there at once', async () => {
    const store = kind.make();
    const pending = store.save(cassetteOf('a'));
    store.saveSync?.(cassetteOf('a', 'b'));
    assert.equal(namesIn(await stored(store)), ['a', 'b']);
    await pending;
  });

  test('loads at once with saves give a whole cassette', async () => {
    const store = await saved('0');
    const cassettes = Array.from({ length: 10 }, (_, index) =>
      cassetteOf(...Array.from({ length: index + 1 }, (_, n) => String(n))),
    );
    const [loaded] = await Promise.all([
      Promise.all(cassettes.map(() => stored(store))),
      Promise.all(cassettes.map((cassette) => store.save(cassette))),
    ]);
    for (const cassette of loaded) {
      assert.equal(namesIn(cassette), namesIn(cassettes[cassette.size - 1] as Cassette));
    }
  });

  test('two stores of one kind do not see each other', async () => {
    const [one, other] = [await saved('one'), await saved('other')];
    assert.equal(namesIn(await stored(one)), ['one']);
    assert.equal(namesIn(await stored(other)), ['other']);
  });
}
