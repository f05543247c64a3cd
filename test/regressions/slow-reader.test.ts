import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { request } from 'undici';
import * as assert from 'uvu/assert';
import { withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

const test = suite('a reader that takes its time');
const folder = tempFolder();
const EVENTS = 8;

/** A server that writes an event when the one before was read. */
async function eventServer() {
  let taken = () => {};
  const server = await loopback(async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (let n = 0; n < EVENTS; n++) {
      const isTaken = new Promise<void>((resolve) => {
        taken = resolve;
      });
      response.write(`data: ${n}\n\n`);
      await isTaken;
    }
    response.end();
  });
  return { url: `${server.url}/`, taken: () => taken(), close: server.close };
}

const bodies = {
  fetch: async (url: string) => (await fetch(url)).body as unknown as AsyncIterable<Uint8Array>,
  'undici.request': async (url: string) => (await request(url)).body as AsyncIterable<Uint8Array>,
};

for (const [name, ask] of Object.entries(bodies)) {
  test(`${name}: gets in replay one by one what it got one by one`, async () => {
    const server = await eventServer();
    const cassette = join(folder, `${name}.json`);
    const read = async () => {
      const chunks: string[] = [];
      for await (const chunk of await ask(server.url)) {
        chunks.push(Buffer.from(chunk).toString());
        await setTimeout(3);
        server.taken();
      }
      return chunks;
    };
    const live = await withCassette({ cassette, mode: 'record' }, read);
    await server.close();
    assert.is(live.length, EVENTS);
    assert.equal(await withCassette({ cassette, mode: 'replay' }, read), live);
  });
}

test('one that wants many bytes at once gets them', async () => {
  const server = await eventServer();
  const cassette = join(folder, 'at-once.json');
  await withCassette({ cassette, mode: 'record' }, async () => {
    for await (const _ of await bodies['undici.request'](server.url)) {
      server.taken();
    }
  });
  await server.close();
  const read = await withCassette({ cassette, mode: 'replay' }, async () => {
    const { body } = await request(server.url);
    return new Promise((resolve) => {
      body.on('readable', () => {
        const bytes = body.read(3 * 'data: 0\n\n'.length) as Buffer | null;
        if (bytes !== null) {
          resolve(bytes.toString());
          body.on('error', () => {}).destroy();
        }
      });
    });
  });
  assert.is(read, 'data: 0\n\ndata: 1\n\ndata: 2\n\n');
});

test.run();
