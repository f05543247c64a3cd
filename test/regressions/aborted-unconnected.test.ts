import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import undici from 'undici';
import * as assert from 'uvu/assert';
import { MemoryCassetteStore, withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';

// Nobody reads the body of a fetch before it is sent: what was asked was not known, and not recorded, while replay looked it
// up, and gave it the answer of the next identical request.
const test = suite('a fetch that is aborted while its connection is on its way');

let answers = 0;
const server = await loopback(async (request, response) => {
  await request.toArray();
  response.end(`answer ${++answers}`);
});
test.after(() => server.close());

const form = () => {
  const data = new FormData();
  data.append('name', 'Ada');
  return data;
};
const BODIES: Readonly<Record<string, () => NonNullable<RequestInit['body']> | null>> = {
  nothing: () => null,
  'a text': () => 'one',
  bytes: () => new Uint8Array([1, 2, 3]),
  'a form': () => new URLSearchParams({ a: '1' }),
  multipart: form,
  'a Blob': () => new Blob(['one'], { type: 'text/plain' }),
};

for (const [title, body] of Object.entries(BODIES)) {
  test(`with ${title}: the requests behind it get their own answers`, async () => {
    const original = undici.getGlobalDispatcher();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const agent = new undici.Agent({
      connect: ({ hostname, port }, done) => {
        held
          .then(() => {
            const socket = connectTcp(Number(port), hostname);
            return once(socket, 'connect').then(() => socket);
          })
          .then(
            (socket) => done(null, socket),
            (error) => done(error, null),
          );
      },
    });
    const ask = async (signal: AbortSignal | null = null) =>
      (await fetch(server.url, { method: 'POST', body: body(), signal })).text();
    const program = async () => {
      answers = 0;
      const controller = new AbortController();
      const aborted = ask(controller.signal).catch(({ name }: Error) => name);
      await new Promise((resolve) => setImmediate(resolve));
      controller.abort();
      const name = await aborted;
      release();
      return [name, await ask(), await ask()];
    };
    undici.setGlobalDispatcher(agent);
    try {
      const store = new MemoryCassetteStore({ createIfMissing: true });
      const live = ['AbortError', 'answer 1', 'answer 2'];
      assert.equal(await withCassette({ store, mode: 'record' }, program), live, 'record');
      assert.equal(await withCassette({ store, mode: 'replay' }, program), live, 'replay');
    } finally {
      undici.setGlobalDispatcher(original);
      await agent.close();
    }
  });
}

test.run();
