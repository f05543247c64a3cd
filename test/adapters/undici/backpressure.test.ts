import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import * as assert from 'uvu/assert';
import { loopback } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { clients, emptyStore, inMode, recordedIn, settled, tick, WHY_SKIPPED } from './clients.js';

const test = suite('backpressure');

const MiB = 1024 * 1024;
const BLOCK = randomBytes(64 * 1024);
const FLOOD = 192 * MiB;
// Far more than sockets buffer on both sides: Linux may give a connection that is read fast tens of megabytes.
const STALLED_BELOW = 128 * MiB;

const big = randomBytes(5 * MiB);
let written = 0;
let drained = false;

function flood(response: ServerResponse): void {
  const more = () => {
    while (written < FLOOD) {
      written += BLOCK.byteLength;
      if (!response.write(BLOCK)) {
        response.once('drain', more);
        return;
      }
    }
    response.end(() => {
      drained = true;
    });
  };
  more();
}

const server = await loopback((request, response) => {
  if (request.url === '/flood') {
    flood(response);
  } else if (request.url === '/big-chunked') {
    for (let at = 0; at < big.byteLength; at += 100_000) {
      response.write(big.subarray(at, at + 100_000));
    }
    response.end();
  } else if (request.url === '/big') {
    response.writeHead(200, { 'content-length': big.byteLength }).end(big);
  } else {
    response.end('small');
  }
});
test.after(() => server.close());

/** Resolves when the server has not been able to write for a while. */
async function stalled(): Promise<void> {
  let before = -1;
  while (before !== written) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

async function readSlowly(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    chunks.push(chunk);
    await tick();
    await tick();
  }
  return Buffer.concat(chunks);
}

for (const client of clients) {
  const check = test.skipUnless(client.here, WHY_SKIPPED);

  check(`${client.name}: a small body that nobody reads is recorded whole`, async () => {
    const store = emptyStore();
    await inMode(client, 'record', store, async ({ fetch, broker }) => {
      assert.is((await fetch(`${server.url}/small`)).status, 200);
      const saved = async () => {
        while (broker.stats.recorded === 0) {
          await tick();
        }
      };
      await settled(saved(), () => 'the recording of a body that nobody reads');
    });
    const replayed = await inMode(client, 'replay', store, async ({ fetch }) =>
      (await fetch(`${server.url}/small`)).text(),
    );
    assert.is(replayed, 'small');
  });

  check(
    `${client.name}: a big body that nobody reads stalls the server, and goes on when it is read`,
    async () => {
      written = 0;
      drained = false;
      const store = emptyStore();
      await inMode(
        client,
        'record',
        store,
        async ({ fetch }) => {
          const response = await fetch(`${server.url}/flood`);
          await stalled();
          assert.ok(written < STALLED_BELOW, `the server could write ${written} bytes`);
          assert.not(drained);
          let bytes = 0;
          for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
            bytes += chunk.byteLength;
          }
          assert.is(bytes, FLOOD);
        },
        // So much is searched for long, and that is not what is looked at here.
        { readAhead: 256 * 1024, redact: false },
      );
      const [recorded] = await recordedIn(store);
      const bytes = recorded?.responseChunks.reduce((sum, { data }) => sum + data.byteLength, 0);
      assert.is(bytes, FLOOD);
      assert.not(recorded?.recording.truncated);
    },
  );

  for (const path of ['/big', '/big-chunked']) {
    check(
      `${client.name}: ${path} reaches a slow reader whole and in order, recorded and replayed`,
      async () => {
        const store = emptyStore();
        for (const mode of ['record', 'replay'] as const) {
          const body = await inMode(client, mode, store, async ({ fetch }) => {
            const response = await fetch(`${server.url}${path}`);
            return readSlowly(response.body as unknown as AsyncIterable<Uint8Array>);
          });
          assert.is(body.byteLength, big.byteLength, mode);
          assert.is(digest(body), digest(big), mode);
        }
      },
    );

    if (client.name !== 'built-in fetch') {
      check(`${client.name}: ${path} reaches a slow reader of request() likewise`, async () => {
        const store = emptyStore();
        for (const mode of ['record', 'replay'] as const) {
          const body = await inMode(client, mode, store, async ({ request }) =>
            readSlowly((await request(`${server.url}${path}`)).body),
          );
          assert.is(digest(body), digest(big), mode);
        }
      });
    }
  }
}

test.run();
