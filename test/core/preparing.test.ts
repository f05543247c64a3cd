import * as assert from 'uvu/assert';
import { CoreBroker } from '../../src/core/broker.js';
import { fingerprint } from '../../src/core/fingerprint.js';
import { plainPolicy } from '../../src/core/policy.js';
import { Cassette, type ResponseChunk } from '../../src/index.js';
import { suite } from '../support/suite.js';
import {
  answering,
  ask,
  bytes,
  idle,
  isPending,
  iteratorOf,
  next,
  request,
  sessionOf,
  TestStore,
  text,
} from './harness.js';

const test = suite('what a policy prepares before a response is recorded');

/** A Broker whose policy prepares each response that holds the word "slow", until the test says that it is done. */
function preparing(...answers: string[]) {
  const store = new TestStore();
  const asked: (readonly ResponseChunk[])[] = [];
  const given: (readonly ResponseChunk[])[] = [];
  const done: { resolve(): void; reject(error: unknown): void }[] = [];
  const broker = new CoreBroker(new Cassette(), {
    mode: 'record',
    playback: 'sequence',
    liveResponder: answering(...answers),
    cassetteStore: store,
    session: sessionOf('now'),
    policy: {
      ...plainPolicy(fingerprint),
      prepare(chunks) {
        asked.push(chunks);
        return chunks.some(({ data }) => text(data).includes('slow'))
          ? new Promise((resolve, reject) => done.push({ resolve, reject }))
          : undefined;
      },
      response(chunks) {
        given.push(chunks);
        return chunks;
      },
    },
  });
  const stored = () =>
    store.stored.interactions.map(({ responseChunks: [first] }) => text((first as ResponseChunk).data));
  return { broker, store, asked, given, done, stored };
}

/** An exchange that was recorded to its end, or until it was cut off. */
function recorded(broker: CoreBroker, answer: string) {
  const recording = broker.record(request());
  recording.request = request();
  recording.add(bytes(answer));
  return recording;
}

const replayOf = ({ stored }: TestStore) =>
  new CoreBroker(stored, {
    policy: plainPolicy(fingerprint),
    playback: 'sequence',
    session: sessionOf('later'),
  });

test('the end of the response waits for it, and what was prepared is what is stored', async () => {
  const { broker, store, asked, given, done, stored } = preparing('a slow one');
  const iterator = iteratorOf(broker.replay(request()));
  assert.is(await next(iterator), 'a slow one');
  const end = next(iterator);
  assert.ok(await isPending(end));
  assert.is(store.begun, 0);
  done[0]?.resolve();
  assert.is(await end, undefined);
  assert.equal(stored(), ['a slow one']);
  assert.is(asked.length, 1);
  assert.is(given[0], asked[0]);
});

test('where it fails, the response is recorded without', async () => {
  const { broker, done, stored } = preparing('a slow one');
  const answer = ask(broker);
  assert.ok(await isPending(answer));
  done[0]?.reject(new Error('out of memory'));
  assert.is(await answer, 'a slow one');
  assert.equal(stored(), ['a slow one']);
});

test('where there is nothing to prepare, nothing waits: what ended is in the cassette at once', () => {
  const { broker } = preparing();
  void recorded(broker, 'quick').end();
  assert.is(broker.cassette.size, 1);
});

for (const end of ['end', 'truncate', 'fail'] as const) {
  test(`the exit of the process stores what is being prepared, once: after ${end}()`, async () => {
    const { broker, store, done, stored } = preparing();
    const recording = recorded(broker, 'a slow one');
    const saved = end === 'fail' ? recording.fail(new Error('reset')) : recording[end]();
    assert.is(broker.cassette.size, 0);
    broker.closeSync();
    assert.equal(stored(), ['a slow one']);
    const facts = store.stored.interactions[0]?.recording;
    assert.is(facts?.truncated, end === 'truncate');
    assert.is(facts?.failure !== undefined, end === 'fail');
    done[0]?.resolve();
    await saved;
    await idle();
    assert.equal(stored(), ['a slow one']);
    assert.is(broker.stats.recorded, 1);
  });
}

test('the exit of the process stores what is still open, and does not wait for it to be prepared', async () => {
  const { broker, store, done, stored } = preparing();
  const recording = recorded(broker, 'a slow one');
  broker.closeSync();
  assert.equal(stored(), ['a slow one']);
  assert.ok(store.stored.interactions[0]?.recording.truncated);
  done[0]?.resolve();
  await recording.settled;
  assert.is(broker.stats.recorded, 1);
});

test('close waits for what is being prepared', async () => {
  const { broker, done, stored } = preparing();
  void recorded(broker, 'a slow one').truncate();
  const closed = broker.close();
  assert.ok(await isPending(closed));
  done[0]?.resolve();
  await closed;
  assert.equal(stored(), ['a slow one']);
});

test('a repeat that is stored meanwhile keeps its place behind', async () => {
  const { broker, store, done } = preparing();
  const first = recorded(broker, 'a slow one');
  const second = recorded(broker, 'another');
  const ended = first.end();
  await second.end();
  assert.is(store.stored.size, 1);
  done[0]?.resolve();
  await ended;
  const replaying = replayOf(store);
  assert.is(await ask(replaying), 'a slow one');
  assert.is(await ask(replaying), 'another');
});

test('a repeat of what is being prepared is not taken for one of the recording before it', async () => {
  const { broker, store, done } = preparing();
  await recorded(broker, 'quick').end();
  const between = recorded(broker, 'a slow one');
  const last = recorded(broker, 'quick');
  const ended = between.end();
  await last.end();
  done[0]?.resolve();
  await ended;
  const replaying = replayOf(store);
  const answers = [await ask(replaying), await ask(replaying), await ask(replaying)];
  assert.equal(answers, ['quick', 'a slow one', 'quick']);
});

test.run();
