import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import {
  Broker,
  type CassetteStore,
  InteractionNotFoundError,
  type InteractionRequest,
  JsonFileCassetteStore,
  type LiveResponder,
  MemoryCassetteStore,
  type ResponseChunk,
} from '../../src/index.js';
import { suite } from '../support/suite.js';
import { bytes, isPending, iteratorOf, sessionOf, text, thrownBy, Upstream } from './harness.js';

const test = suite<{ folder: string }>('protocols other than HTTP');

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'interposition-protocols-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

/** Each gives stores that hold the same cassette. */
const STORES: Readonly<Record<string, (folder: string) => () => CassetteStore>> = {
  MemoryCassetteStore: () => {
    const store = new MemoryCassetteStore({ createIfMissing: true });
    return () => store;
  },
  JsonFileCassetteStore: (folder) => () =>
    new JsonFileCassetteStore(join(folder, 'cassette.json'), { createIfMissing: true }),
};

const query = (sql: string, parameters: readonly unknown[] = []): InteractionRequest => ({
  protocol: 'postgres',
  action: 'SELECT',
  target: 'db.internal/shop',
  headers: [['database', 'shop']],
  body: bytes(JSON.stringify({ sql, parameters })),
});

/** A database: a chunk a row, the columns in the first one's metadata, the tag in the last one's. */
const database: LiveResponder = async function* ({ body }) {
  const { parameters } = JSON.parse(text(body)) as { parameters: readonly number[] };
  const [first = 0] = parameters;
  if (first < 0) {
    throw Object.assign(new Error('relation does not exist'), { code: '42P01' });
  }
  yield {
    data: new Uint8Array(),
    sequence: 0,
    metadata: [
      ['column', 'id'],
      ['column', 'blob'],
    ],
  };
  for (const row of [1, 2]) {
    yield { data: Uint8Array.of(0, 255, first, row), sequence: row };
  }
  yield { data: new Uint8Array(), sequence: 3, metadata: [['command_tag', 'SELECT 2']] };
};

const subscription: InteractionRequest = {
  protocol: 'mqtt',
  action: 'subscribe',
  target: 'sensors/+/température/\u{1f321}',
  headers: [['qos', '1']],
  body: new Uint8Array(),
};

type Message = readonly [topic: string, payload: string];

async function collect(answer: AsyncIterable<ResponseChunk>): Promise<Required<ResponseChunk>[]> {
  const chunks: Required<ResponseChunk>[] = [];
  for await (const { data, sequence, metadata = [] } of answer) {
    chunks.push({ data: new Uint8Array(data), sequence, metadata });
  }
  return chunks;
}

/** Reads messages as a subscriber does, and ends the subscription after so many. */
async function subscribe(broker: Broker, count: number): Promise<Message[]> {
  const unsubscribe = new AbortController();
  const messages: Message[] = [];
  const error = await thrownBy(async () => {
    for await (const { data, metadata } of broker.replay(subscription, { signal: unsubscribe.signal })) {
      messages.push([new Map(metadata).get('topic') as string, text(data)]);
      if (messages.length === count) {
        unsubscribe.abort(new Error('unsubscribed'));
      }
    }
  });
  assert.is((error as Error).message, 'unsubscribed');
  return messages;
}

for (const [name, makeStores] of Object.entries(STORES)) {
  test(`${name}: a query and its rows`, async ({ folder }) => {
    const store = makeStores(folder);
    const session = sessionOf('recorded');
    const recorder = await Broker.fromStore(store(), { mode: 'record', liveResponder: database, session });
    const queries = [query('SELECT * FROM users WHERE id > $1', [7]), query('SELECT 1', [1])];
    const live = await Promise.all(queries.map((asked) => collect(recorder.replay(asked))));
    await recorder.close();
    assert.is(live[0]?.length, 4);

    const replayer = await Broker.fromStore(store());
    for (const [place, asked] of queries.entries()) {
      assert.equal(await collect(replayer.replay(asked)), live[place]);
    }
    const other = query('SELECT * FROM users WHERE id > $1', [8]);
    const miss = (await thrownBy(() => collect(replayer.replay(other)))) as Error;
    assert.instance(miss, InteractionNotFoundError);
    assert.match(miss.message, 'SELECT db.internal/shop');
  });

  test(`${name}: a query that fails is not recorded, and its error is the database's`, async ({ folder }) => {
    const store = makeStores(folder);
    const broker = await Broker.fromStore(store(), { mode: 'auto', liveResponder: database });
    const error = await thrownBy(() => collect(broker.replay(query('SELECT * FROM nowhere', [-1]))));
    assert.is((error as { code?: string }).code, '42P01');
    await broker.close();
    assert.is((await store().load()).size, 0);
  });

  test(`${name}: a subscription is live while it is recorded, and replays until it is unsubscribed`, async ({
    folder,
  }) => {
    const store = makeStores(folder);
    const upstream = new Upstream();
    const recorder = await Broker.fromStore(store(), {
      mode: 'record',
      liveResponder: upstream.respond,
      session: sessionOf('recorded'),
    });
    const published: Message[] = [
      ['sensors/a/température', '21.5'],
      ['sensors/b/température', ''],
      ['sensors/a/température', '{"celsius":22}'],
    ];
    const subscriber = subscribe(recorder, 3);
    const exchange = await upstream.exchange();
    assert.is(exchange.request.target, subscription.target);
    for (const [topic, payload] of published) {
      assert.ok(await isPending(subscriber));
      exchange.send(payload, [
        ['topic', topic],
        ['retain', '0'],
      ]);
    }
    assert.equal(await subscriber, published);
    assert.ok(exchange.signal.aborted);
    await recorder.close();

    const replayer = await Broker.fromStore(store());
    assert.equal(await subscribe(replayer, 3), published);
    assert.equal(await subscribe(replayer, 1), published.slice(0, 1));
  });

  test(`${name}: a message reaches its subscriber before the next one is published`, async ({ folder }) => {
    const upstream = new Upstream();
    const broker = await Broker.fromStore(makeStores(folder)(), {
      mode: 'record',
      liveResponder: upstream.respond,
    });
    const iterator = iteratorOf(broker.replay(subscription));
    const first = iterator.next();
    const exchange = await upstream.exchange();
    exchange.send('1', [['topic', 't']]);
    assert.equal((await first).value, { data: bytes('1'), sequence: 0, metadata: [['topic', 't']] });
    const second = iterator.next();
    exchange.answer('2');
    assert.is(text((await second).value?.data), '2');
    assert.ok((await iterator.next()).done);
  });
}

test.run();
