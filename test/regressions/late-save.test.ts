import * as assert from 'uvu/assert';
import { Broker, Cassette, CassetteSaveError, type CassetteStore } from '../../src/index.js';
import { failure } from '../support/failure.js';
import { named } from '../support/interactions.js';
import { suite } from '../support/suite.js';

// A save that was given up went on in the store, and came to lie over the newer one that was made meanwhile.
const test = suite('regression: a save that is late');

test('never replaces what was saved after it', async () => {
  const stored: number[] = [];
  let running = 0;
  let letFirstGo = () => {};
  const first = new Promise<void>((resolve) => {
    letFirstGo = resolve;
  });
  const cassetteStore: CassetteStore = {
    load: async () => new Cassette(),
    async save(cassette) {
      assert.is(++running, 1, 'a store is asked for one save at a time');
      if (stored.length === 0) {
        await first;
      }
      stored.push(cassette.size);
      running--;
    },
  };
  const broker = await Broker.fromStore(cassetteStore, {
    mode: 'record',
    storeWait: 50,
    liveResponder: async function* () {
      yield { data: new Uint8Array(), sequence: 0 };
    },
  });
  await failure(CassetteSaveError, () => read(broker, 'one'));
  const second = failure(CassetteSaveError, () => read(broker, 'two'));
  await second;
  letFirstGo();
  await broker.close();
  assert.is(stored.at(-1), 2);
});

async function read(broker: Broker, name: string): Promise<void> {
  for await (const _ of broker.replay(named(name).request)) {
    // The end is what matters.
  }
}

test.run();
