import http from 'node:http';
import { text } from 'node:stream/consumers';
import undici from 'undici';
import * as assert from 'uvu/assert';
import { type BrokerMode, MemoryCassetteStore, withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';

const test = suite('a request that is given up before it is sent');

let answers = 0;
const server = await loopback((_request, response) => response.end(`answer ${++answers}`));
test.after(() => server.close());

const CLIENTS: Readonly<Record<string, (signal?: AbortSignal) => Promise<string>>> = {
  fetch: async (signal) => (await fetch(server.url, { signal: signal ?? null })).text(),
  undici: async (signal) => (await undici.request(server.url, { signal })).body.text(),
  'node:http': (signal) =>
    new Promise((resolve, reject) => {
      http
        .get(server.url, { signal, agent: false }, (response) => {
          text(response).then(resolve, reject);
        })
        .on('error', reject);
    }),
};

const MOMENTS: Readonly<Record<string, (abort: () => void) => unknown>> = {
  before: (abort) => abort(),
  'in the turn of its dispatch': (abort) => Promise.resolve().then(abort),
};

const nameOf = (error: Error) => error.name;

async function inMode(mode: BrokerMode, store: MemoryCassetteStore, program: () => Promise<unknown>) {
  answers = 0;
  return withCassette({ store, mode }, program);
}

for (const [client, ask] of Object.entries(CLIENTS)) {
  for (const [moment, when] of Object.entries(MOMENTS)) {
    for (const first of ['record', 'auto'] as const) {
      test(`${client}, aborted ${moment}, ${first}: the requests behind it get their own answers`, async () => {
        const program = async () => {
          const controller = new AbortController();
          const given = moment === 'before' ? when(() => controller.abort()) : undefined;
          const aborted = ask(controller.signal).catch(nameOf);
          await (given ?? when(() => controller.abort()));
          return [await aborted, await ask(), await ask()];
        };
        const store = new MemoryCassetteStore({ createIfMissing: true });
        const live = ['AbortError', 'answer 1', 'answer 2'];
        assert.equal(await inMode(first, store, program), live, first);
        assert.equal(await inMode('replay', store, program), live, 'replay');
      });
    }
  }
}

test('a client that is destroyed before its request is sent: those of others get their own answers', async () => {
  const program = async () => {
    const client = new undici.Client(server.url);
    const given = client.request({ path: '/', method: 'GET' }).catch(nameOf);
    const [name] = await Promise.all([given, client.destroy()]);
    const next = () => undici.request(`${server.url}/`).then(({ body }) => body.text());
    return [name, await next(), await next()];
  };
  const store = new MemoryCassetteStore({ createIfMissing: true });
  const live = ['ClientDestroyedError', 'answer 1', 'answer 2'];
  assert.equal(await inMode('record', store, program), live, 'record');
  assert.equal(await inMode('replay', store, program), live, 'replay');
});

test.run();
