import * as assert from 'uvu/assert';
import { loopback, whole } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { clients, emptyStore, inMode, type Session, WHY_SKIPPED } from './clients.js';

const test = suite('a program that writes into what it was given');

const server = await loopback(
  whole(({ url }, response) => {
    response.writeHead(200, url === '/whole' ? { 'content-length': '5' } : {});
    response.end('hello');
  }),
);
test.after(() => server.close());

type Read = (session: Session, path: string) => Promise<readonly Uint8Array[]>;

const readers: Record<string, Read> = {
  'fetch, arrayBuffer': async ({ fetch }, path) => [
    new Uint8Array(await (await fetch(`${server.url}${path}`)).arrayBuffer()),
  ],
  'fetch, chunk by chunk': async ({ fetch }, path) =>
    collected((await fetch(`${server.url}${path}`)).body as AsyncIterable<Uint8Array>),
  'request, chunk by chunk': async ({ request }, path) =>
    collected((await request(`${server.url}${path}`)).body),
};

async function collected(body: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    chunks.push(chunk);
  }
  return chunks;
}

for (const client of clients) {
  for (const [name, read] of Object.entries(readers)) {
    if (client.name === 'built-in fetch' && name.startsWith('request')) {
      continue;
    }
    for (const path of ['/whole', '/chunked']) {
      test.skipUnless(client.here, WHY_SKIPPED)(
        `${client.name}, ${name}, ${path}: the next replay is as recorded`,
        async () => {
          const overwrite = async (session: Session) => {
            const chunks = await read(session, path);
            const text = Buffer.concat(chunks).toString();
            for (const chunk of chunks) {
              chunk.fill(0x58);
            }
            return text;
          };
          const store = emptyStore();
          assert.is(await inMode(client, 'record', store, overwrite), 'hello');
          const twice = async (session: Session) => [await overwrite(session), await overwrite(session)];
          assert.equal(await inMode(client, 'replay', store, twice), ['hello', 'hello']);
        },
      );
    }
  }
}

test.run();
