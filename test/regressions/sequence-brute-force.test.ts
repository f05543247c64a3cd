import * as assert from 'uvu/assert';
import { Broker, MemoryCassetteStore } from '../../src/index.js';
import { interaction } from '../support/interactions.js';
import { suite } from '../support/suite.js';

// Equal answers were collapsed in the order in which they ended, and not in the one in which they were asked for.
const test = suite('regression: collapsed repeats of overlapping requests');

const { request } = interaction();
const neverLive = () => {
  throw new Error('nothing is asked of the live responder');
};

function* permutations<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length < 2) {
    yield items;
    return;
  }
  for (const [index, item] of items.entries()) {
    for (const rest of permutations(items.toSpliced(index, 1))) {
      yield [item, ...rest];
    }
  }
}

function* words(letters: string, length: number): Generator<string> {
  if (length === 0) {
    yield '';
    return;
  }
  for (const rest of words(letters, length - 1)) {
    for (const letter of letters) {
      yield letter + rest;
    }
  }
}

async function recordedThenReplayed(answers: string, ends: readonly number[]): Promise<string> {
  const cassetteStore = new MemoryCassetteStore({ createIfMissing: true });
  const session = { id: 'one', lane: '1', entry: 0 };
  const recorder = await Broker.fromStore(cassetteStore, {
    mode: 'record',
    playback: 'sequence',
    liveResponder: neverLive,
    session,
  });
  const recordings = [...answers].map(() => Object.assign(recorder.record(request), { request }));
  for (const index of ends) {
    recordings[index]?.add(Buffer.from(answers[index] as string));
    await recordings[index]?.end();
  }
  await recorder.close();
  const player = await Broker.fromStore(cassetteStore, { playback: 'sequence' });
  return [...answers].map(() => Buffer.from(player.lookup(request)?.responseChunks[0]?.data ?? [])).join('');
}

for (const length of [2, 3, 4]) {
  test(`${length} overlapping identical requests replay in the order of their dispatch, however they end`, async () => {
    for (const answers of words('AB', length)) {
      for (const ends of permutations([...answers].map((_, index) => index))) {
        assert.is(await recordedThenReplayed(answers, ends), answers, `ended in the order ${ends.join()}`);
      }
    }
  });
}

test.run();
