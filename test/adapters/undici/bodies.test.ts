import { Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { InteractionNotFoundError } from '../../../src/index.js';
import { loopback, whole } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { type Client, clients, emptyStore, inMode, rejection, type Session, WHY_SKIPPED } from './clients.js';

const test = suite('two bodies of one length');

const server = await loopback(
  whole(({ body }, response) => {
    response.end(`hello ${/ada|bob|eve/.exec(body.toString('latin1'))?.[0]}`);
  }),
);
test.after(() => server.close());

type Ask = (session: Session, client: Client, text: string) => Promise<string>;

async function byFetch({ fetch }: Session, body: unknown, more: object = {}): Promise<string> {
  const init = { method: 'POST', body: body as NonNullable<RequestInit['body']>, ...more };
  return (await fetch(`${server.url}/greet`, init)).text();
}

async function byRequest({ request }: Session, body: unknown): Promise<string> {
  return (await request(`${server.url}/greet`, { method: 'POST', body })).body.text();
}

function formOf({ undici }: Client, text: string): unknown {
  const form = undici ? new undici.FormData() : new FormData();
  form.append('name', text);
  form.append('file', new Blob([text], { type: 'text/plain' }), 'name.txt');
  return form;
}

const streamOf = (text: string) =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from(text.slice(0, 1)));
      controller.enqueue(Buffer.from(text.slice(1)));
      controller.close();
    },
  });

async function* generated(text: string) {
  yield text.slice(0, 2);
  yield Buffer.from(text.slice(2));
}

const fetchBodies: Record<string, Ask> = {
  string: (session, _, text) => byFetch(session, text),
  Uint8Array: (session, _, text) => byFetch(session, new TextEncoder().encode(text)),
  Blob: (session, _, text) => byFetch(session, new Blob([text])),
  URLSearchParams: (session, _, text) => byFetch(session, new URLSearchParams({ name: text })),
  FormData: (session, client, text) => byFetch(session, formOf(client, text)),
  ReadableStream: (session, _, text) => byFetch(session, streamOf(text), { duplex: 'half' }),
};

const requestBodies: Record<string, Ask> = {
  string: (session, _, text) => byRequest(session, text),
  Buffer: (session, _, text) => byRequest(session, Buffer.from(text)),
  Readable: (session, _, text) => byRequest(session, Readable.from([text.slice(0, 1), text.slice(1)])),
  FormData: (session, client, text) => byRequest(session, formOf(client, text)),
  Blob: (session, _, text) => byRequest(session, new Blob([text])),
  'async generator': (session, _, text) => byRequest(session, generated(text)),
};

const ways = clients.flatMap((client) => [
  ...Object.entries(fetchBodies).map(([kind, ask]) => ({ client, kind, ask, way: 'fetch' })),
  ...(client.name === 'built-in fetch'
    ? []
    : Object.entries(requestBodies).map(([kind, ask]) => ({ client, kind, ask, way: 'request' }))),
]);

for (const { client, kind, ask, way } of ways) {
  const title = `${client.name}, ${way}, ${kind}: each body has its own answer, a third one is a MISS`;
  test.skipUnless(client.here, WHY_SKIPPED)(title, async () => {
    const store = emptyStore();
    const recorded = await inMode(client, 'record', store, async (session) => [
      await ask(session, client, 'ada'),
      await ask(session, client, 'bob'),
    ]);
    assert.equal(recorded, ['hello ada', 'hello bob']);

    const before = server.count();
    await inMode(client, 'replay', store, async (session) => {
      assert.is(await ask(session, client, 'bob'), 'hello bob');
      assert.is(await ask(session, client, 'ada'), 'hello ada');
      const error = await rejection(ask(session, client, 'eve'));
      const miss = way === 'fetch' ? error.cause : error;
      assert.instance(miss, InteractionNotFoundError);
      assert.match((miss as Error).message, `POST ${server.url}/greet`);
      if (way === 'fetch') {
        assert.is(error.name, 'TypeError');
        assert.is(error.message, 'fetch failed');
      }
    });
    assert.is(server.count(), before, 'replay reached the network');

    // Under 'sequence', what this process has recorded itself goes on being forwarded.
    const first = { playback: 'first' } as const;
    await inMode(
      client,
      'auto',
      store,
      async (session) => {
        assert.is(await ask(session, client, 'ada'), 'hello ada');
        assert.is(server.count(), before, 'a HIT in auto reached the network');
        assert.is(await ask(session, client, 'eve'), 'hello eve');
      },
      first,
    );
    assert.is(server.count(), before + 1);
    await inMode(client, 'replay', store, async (session) => {
      assert.is(await ask(session, client, 'eve'), 'hello eve', 'what auto recorded is not replayed');
    });
  });
}

for (const client of clients.filter(({ undici }) => undici !== undefined)) {
  test(`${client.name}: a form that fetch sent is the form that request() sends`, async () => {
    const store = emptyStore();
    await inMode(client, 'record', store, (session) => byFetch(session, formOf(client, 'ada')));
    const answer = await inMode(client, 'replay', store, (session) =>
      byRequest(session, formOf(client, 'ada')),
    );
    assert.is(answer, 'hello ada');
  });
}

test.run();
