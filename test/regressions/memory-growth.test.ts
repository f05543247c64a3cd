import * as assert from 'uvu/assert';
import { Cassette, MemoryCassetteStore } from '../../src/index.js';
import { named, namesIn } from '../support/interactions.js';
import { suite } from '../support/suite.js';

const test = suite('a save in memory');

/** How often somebody asked for all the interactions of a cassette. */
async function readsOfAll(work: () => Promise<void>): Promise<number> {
  const getter = Object.getOwnPropertyDescriptor(Cassette.prototype, 'interactions') as PropertyDescriptor;
  let reads = 0;
  Object.defineProperty(Cassette.prototype, 'interactions', {
    ...getter,
    get() {
      reads++;
      return getter.get?.call(this);
    },
  });
  try {
    await work();
  } finally {
    Object.defineProperty(Cassette.prototype, 'interactions', getter);
  }
  return reads;
}

test('does not look through what was saved before', async () => {
  const store = new MemoryCassetteStore({ createIfMissing: true });
  let saved = await store.load();
  const save = async (name: string) => {
    const next = saved.append(named(name));
    await store.save(next, saved);
    saved = next;
  };
  const reads = await readsOfAll(async () => {
    await save('a');
    await save('b');
    await save('c');
  });
  assert.is(reads, 0);
  assert.equal(namesIn(await store.load()), ['a', 'b', 'c']);
});

test('does not where two save in turns either, and each save that is repeated is there once', async () => {
  const store = new MemoryCassetteStore({ createIfMissing: true });
  const mine = [new Cassette(), new Cassette()];
  const save = async (who: number, name: string, times = 1) => {
    const before = mine[who] as Cassette;
    const next = before.append(named(name));
    for (let time = 0; time < times; time++) {
      await store.save(next, before);
    }
    mine[who] = next;
  };
  await save(0, 'a');
  await save(1, 'b');
  const reads = await readsOfAll(async () => {
    await save(0, 'c');
    await save(1, 'd', 2);
    await save(0, 'e');
  });
  assert.is(reads, 0);
  assert.equal(namesIn(await store.load()), ['a', 'b', 'c', 'd', 'e']);
});

test.run();
