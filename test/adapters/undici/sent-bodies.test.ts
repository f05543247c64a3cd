import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { type BrokerMode, type InterpositionOptions, installInterposition } from '../../../src/index.js';
import { loopback, type Seen, whole } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { type Client, clients, emptyStore, inMode, live, type Session, WHY_SKIPPED } from './clients.js';

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

interface Way {
  readonly bodies: typeof common;
  readonly ask: Ask;
}

const ways: Record<string, Way> = {
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
      const title = `${client.name}, ${way}, ${kind}: sent as it is without the library`;
      test.skipUnless(client.here, WHY_SKIPPED)(title, async () => {
        const expected = await live(client, (session) => ask(session, make(client)));
        for (const mode of ['record', 'auto', 'replay'] as const) {
          const passing: InterpositionOptions = mode === 'replay' ? { passthrough: ['loopback'] } : {};
          const seen = await inMode(
            client,
            mode,
            emptyStore(),
            (session) => ask(session, make(client)),
            passing,
          );
          assert.equal(seen, expected, mode);
        }
      });
    }
  }
}

// fetch hands the global dispatcher other bodies in replay than in the other modes.
for (const client of clients) {
  for (const [kind, make] of Object.entries(byFetch)) {
    const title = `${client.name}, fetch with the global dispatcher, ${kind}: passes through in replay, and is looked up`;
    test.skipUnless(client.here, WHY_SKIPPED)(title, async () => {
      const fetch = (client.undici?.fetch ?? globalThis.fetch) as unknown as Session['fetch'];
      const asked = () => (ways['fetch'] as Way).ask({ fetch, request: refused }, make(client));
      const expected = await live(client, (session) => (ways['fetch'] as Way).ask(session, make(client)));
      const store = emptyStore();
      await installed('record', { store }, asked);
      assert.equal(await installed('replay', { store, passthrough: ['loopback'] }, asked), expected);
      const count = server.count();
      await installed('replay', { store }, asked);
      assert.is(server.count(), count);
    });
  }
}

const refused: Session['request'] = () => {
  throw new Error('not asked for');
};

async function installed<T>(
  mode: BrokerMode,
  options: InterpositionOptions,
  use: () => Promise<T>,
): Promise<T> {
  const interposition = await installInterposition(mode, options);
  try {
    return await use();
  } finally {
    await interposition.uninstall();
  }
}

test.run();
