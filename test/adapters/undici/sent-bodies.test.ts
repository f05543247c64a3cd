import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { type Client, clients, emptyStore, inMode, live, type Session, WHY_SKIPPED } from './clients.js';
import { loopback, type Seen, whole } from './loopback.js';

const test = suite('bodies as the server gets them');

const folder = mkdtempSync(join(tmpdir(), 'sent-bodies-'));
const file = join(folder, 'body.txt');
writeFileSync(file, 'from a file');

let last: Seen | undefined;
const server = await loopback(
  whole((seen, response) => {
    last = seen;
    response.end('ok');
  }),
);
test.after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function form({ undici }: Client): unknown {
  const made = undici ? new undici.FormData() : new FormData();
  made.append('name', 'Ada "the" first\nline');
  made.append('file', new Blob(['content'], { type: 'text/csv' }), 'ü "quoted".csv');
  return made;
}

async function* chunks() {
  yield 'one';
  yield Buffer.from('two');
}

const common: Record<string, (client: Client) => unknown> = {
  nothing: () => undefined,
  null: () => null,
  'an empty string': () => '',
  'a string': () => 'ünï',
  'a Uint8Array': () => new Uint8Array([0, 128, 255]),
  'a view of a buffer': () => new Uint8Array([0, 1, 2, 3, 4]).subarray(1, 3),
  'a Blob with a type': () => new Blob(['typed'], { type: 'text/csv' }),
  'a Blob without a type': () => new Blob(['untyped']),
  FormData: form,
  'a ReadableStream': () => ReadableStream.from(chunks()),
};

const byFetch: typeof common = { ...common, URLSearchParams: () => new URLSearchParams({ q: 'ü b' }) };

const byRequest: typeof common = {
  ...common,
  'an ArrayBuffer': () => new Uint8Array([1, 2, 3]).buffer,
  'an array of buffers': () => [Buffer.from('one'), Buffer.from('two')],
  'an async generator': () => chunks(),
  'a Readable of objects': () => Readable.from(['one', 'two']),
  'a Readable of bytes that has ended': () => {
    const stream = new Readable({ read() {} });
    stream.push('whole');
    stream.push(null);
    return stream;
  },
  'a Readable of bytes that ends when it is read': () =>
    new Readable({
      read() {
        this.push('read');
        this.push(null);
      },
    }),
  'a PassThrough that was ended': () => {
    const stream = new PassThrough();
    stream.end('through');
    return stream;
  },
  'a file': () => createReadStream(file),
};

/** What the server can tell of a body, without the boundary that is drawn anew each time. */
function sent(): unknown {
  const { headers, body } = last as Seen;
  const boundary = /boundary=(.*)/.exec(headers['content-type'] ?? '')?.[1] ?? 'no boundary';
  return {
    length: headers['content-length'],
    encoding: headers['transfer-encoding'],
    type: headers['content-type']?.replace(boundary, ''),
    body: body.toString('latin1').replaceAll(boundary, ''),
  };
}

type Ask = (session: Omit<Session, 'broker'>, body: unknown) => Promise<unknown>;

const ways: Record<string, { readonly bodies: typeof common; readonly ask: Ask }> = {
  fetch: {
    bodies: byFetch,
    ask: async ({ fetch }, body) => {
      const init = {
        method: 'POST',
        body: body as NonNullable<RequestInit['body']>,
        duplex: 'half' as const,
      };
      await (await fetch(`${server.url}/`, init)).text();
      return sent();
    },
  },
  request: {
    bodies: byRequest,
    ask: async ({ request }, body) => {
      await (await request(`${server.url}/`, { method: 'POST', body })).body.text();
      return sent();
    },
  },
};

for (const client of clients) {
  for (const [way, { bodies, ask }] of Object.entries(ways)) {
    if (way === 'request' && client.name === 'built-in fetch') {
      continue;
    }
    for (const [kind, make] of Object.entries(bodies)) {
      const title = `${client.name}, ${way}, ${kind}: sent in record and auto as it is without the library`;
      test.skipUnless(client.here, WHY_SKIPPED)(title, async () => {
        const expected = await live(client, (session) => ask(session, make(client)));
        for (const mode of ['record', 'auto'] as const) {
          const seen = await inMode(client, mode, emptyStore(), (session) => ask(session, make(client)));
          assert.equal(seen, expected, mode);
        }
      });
    }
  }
}

test.run();
