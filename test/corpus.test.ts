import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { corpus } from '../fixtures/corpus/corpus.js';
import { type CorpusRequest, type Exchange, hasZstd } from '../fixtures/corpus/exchange.js';
import { printCassette, printInteraction } from '../src/formats/cassette-json.js';
import { isPlaceholder } from '../src/http/redaction/placeholder.js';
import { Interaction, JsonFileCassetteStore, withCassette } from '../src/index.js';
import { assertFitsSchema } from './support/cassette-schema.js';
import { CLIENTS, type Client, type Seen } from './support/corpus-clients.js';
import { assertLengthFits, bodyChunks, comparable } from './support/corpus-compare.js';
import {
  type BodyInFile,
  type CassetteInFile,
  codingsOf,
  formOf,
  readCassetteFile,
} from './support/corpus-form.js';
import { CorpusServer } from './support/corpus-server.js';
import { parseCassette } from './support/parsed.js';
import { suite } from './support/suite.js';
import { tempFolder } from './support/temp-folder.js';

const test = suite('the corpus, live, recording and replayed');
const folder = tempFolder();

/** An exchange that was recorded, and its server, which is gone. */
interface Recorded {
  readonly cassette: string;
  readonly url: string;
  readonly live: Seen;
  readonly recording: Seen;
}

let cassettes = 0;

function storeAt(path: string): JsonFileCassetteStore {
  return new JsonFileCassetteStore(path, { createIfMissing: true });
}

async function record(exchange: Exchange, client: Client): Promise<Recorded> {
  const { request = {}, answer, next } = exchange;
  const answers = next === undefined ? [answer] : [answer, next];
  const cassette = join(folder, `${++cassettes}.json`);
  const server = await CorpusServer.start();
  try {
    server.willAnswer(...answers);
    const live = await client.send(server.url, request, server.read);
    server.willAnswer(...answers);
    const recording = await withCassette({ store: storeAt(cassette), mode: 'record' }, () =>
      client.send(server.url, request, server.read),
    );
    return { cassette, url: server.url, live, recording };
  } finally {
    await server.close();
  }
}

function replay(
  { cassette, url }: Pick<Recorded, 'cassette' | 'url'>,
  client: Client,
  request: CorpusRequest = {},
): Promise<Seen> {
  return withCassette({ cassette, mode: 'replay' }, () => client.send(url, request, () => {}));
}

type InFile = CassetteInFile['interactions'][number]['json'];

/** The interactions of a cassette's file, in their order. */
function inFile(cassette: string): readonly InFile[] {
  return readCassetteFile(cassette).interactions.map(({ json }) => json);
}

async function assertSavedAsItWas(cassette: string): Promise<void> {
  const copy = `${cassette}.copy`;
  const loaded = await new JsonFileCassetteStore(cassette).load();
  await storeAt(copy).save(loaded);
  assert.is(readFileSync(copy, 'utf8'), readFileSync(cassette, 'utf8'), 'loaded and saved');
}

/** The same responses, recorded again from what the cassette replays, give the same file. */
function assertPrintedAsItWas(cassette: string): void {
  const text = readFileSync(cassette, 'utf8');
  const again = parseCassette(text, cassette).map(
    ({ request, responseChunks, metadata }) => new Interaction({ request, responseChunks, metadata }),
  );
  assert.is(printCassette(again.map(printInteraction)), text, 'recorded from its replay');
}

for (const exchange of corpus) {
  const { name, request = {}, answer, next, form, secrets = [] } = exchange;
  for (const client of Object.values(CLIENTS)) {
    test(`${name}, with ${client.name}`, async () => {
      const recorded = await record(exchange, client);
      const stands = inFile(recorded.cassette);
      const follows = next !== undefined && client.followsRedirects;
      const paced = (follows ? next : answer).pieces !== undefined;

      const asIs = { client, codings: [], paced, secrets: [] };
      assert.equal(
        await comparable(recorded.recording, asIs),
        await comparable(recorded.live, asIs),
        'recording',
      );

      const replayed = await replay(recorded, client, request);
      const comparing = { client, codings: codingsOf(stands.at(-1)?.response.body), paced, secrets };
      assert.equal(
        await comparable(replayed, comparing),
        await comparable(recorded.live, comparing),
        'replay',
      );
      assertLengthFits(replayed, client, request.method);

      assert.is(formOf(stands[0]?.request.body), form.request ?? 'none', 'the form of the request');
      assert.equal(
        stands.map(({ response }) => formOf(response.body, response.chunks, answer.unannounced)),
        follows ? [form.response, form.next] : [form.response],
        'the form of the response',
      );
      const file = readFileSync(recorded.cassette, 'utf8');
      assertFitsSchema(file);
      for (const secret of secrets) {
        assert.not(file.includes(secret), 'a secret in the file');
      }
      await assertSavedAsItWas(recorded.cassette);
      assertPrintedAsItWas(recorded.cassette);
    });
  }
}

/** An edit by hand of a body in the file, and the bytes that are then replayed. */
type Edit = readonly [exchange: string, edit: (body: BodyInFile) => Uint8Array | readonly Uint8Array[]];

const utf8 = (text: string) => new TextEncoder().encode(text);
const bytesOf = (text: string, encoding: BufferEncoding) => new Uint8Array(Buffer.from(text, encoding));

function editJson(body: BodyInFile): unknown {
  const { orders } = body.json as { orders: { customer: string }[] };
  (orders[0] as { customer: string }).customer = 'Edited Ünder Way';
  orders.length = 2;
  return body.json;
}

function editLine(body: BodyInFile): string {
  const lines = body.text as string[];
  lines[1] = 'edited, \u00fcber\r\n';
  lines.push('and longer');
  return lines.join('');
}

const ZSTD_EDIT: Edit = ['zstd JSON of another encoder', (body) => utf8(JSON.stringify(editJson(body)))];

const EDITS: readonly Edit[] = [
  ['compact JSON', (body) => utf8(JSON.stringify(editJson(body)))],
  ['gzip JSON', (body) => utf8(JSON.stringify(editJson(body)))],
  ['brotli JSON of another encoder', (body) => utf8(JSON.stringify(editJson(body)))],
  ['deflate JSON', (body) => utf8(JSON.stringify(editJson(body)))],
  ['raw deflate JSON', (body) => utf8(JSON.stringify(editJson(body)))],
  ['JSON in gzip in brotli', (body) => utf8(JSON.stringify(editJson(body)))],
  ...(hasZstd ? [ZSTD_EDIT] : []),
  [
    'indented JSON',
    (body) => {
      body.json = { edited: ['ü'] };
      return utf8('{\n  "edited": [\n    "ü"\n  ]\n}');
    },
  ],
  [
    'JSON of Python',
    (body) => {
      body.json = { edited: ['ü'] };
      return utf8('{"edited": ["\\u00fc"]}');
    },
  ],
  [
    'JSON with big integers',
    (body) => {
      body.text = '{"id":12345678901234567899}';
      return utf8('{"id":12345678901234567899}');
    },
  ],
  ['CSV', (body) => utf8(editLine(body))],
  ['latin1 text', (body) => bytesOf(editLine(body), 'latin1')],
  ['gzip text in latin1', (body) => bytesOf(editLine(body), 'latin1')],
  ['UTF-16, little-endian', (body) => bytesOf(editLine(body), 'utf16le')],
  ['UTF-16, big-endian', (body) => new Uint8Array(Buffer.from(editLine(body), 'utf16le').swap16())],
  [
    'server-sent events',
    (body) => {
      body.chunks?.splice(1, 2, ['data: edited\n', '\n'], 'data: ü\n\n', ': 3\n\n');
      return (body.chunks ?? []).map((lines) => utf8([lines].flat().join('')));
    },
  ],
  [
    'gzip events',
    (body) => {
      body.chunks?.splice(1, 1, ['data: edited\n', '\n'], 'data: ü\n\n');
      return (body.chunks ?? []).map((lines) => utf8([lines].flat().join('')));
    },
  ],
  [
    'latin1 text in pieces',
    (body) => {
      body.chunks = ['th\u00e9\n', 'caf\u00e9\n', '!'];
      return body.chunks.map((lines) => bytesOf(String(lines), 'latin1'));
    },
  ],
  [
    'one JSON in pieces',
    (body) => {
      body.json = { items: [] };
      return [utf8('{"items":[]}')];
    },
  ],
  [
    'a form as the response',
    (body) => {
      body.form?.push(['d', 'ü & more']);
      return utf8('a=1&b=two+words&a=3&c=%C3%A9&d=%C3%BC+%26+more');
    },
  ],
  [
    'a multipart response',
    (body) => {
      body.multipart = (body.multipart ?? []).slice(0, 2);
      (body.multipart[0] as BodyInFile).json = { id: 2 };
      (body.multipart[1] as BodyInFile).text = 'th\u00e9';
      return bytesOf(
        '--b1\r\nContent-Type: application/json\r\n\r\n{"id":2}\r\n' +
          '--b1\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nth\u00e9\r\n--b1--\r\n',
        'latin1',
      );
    },
  ],
  [
    'an image',
    (body) => {
      body.base64 = 'AAEC';
      return Uint8Array.of(0, 1, 2);
    },
  ],
];

function exchangeNamed(name: string): Exchange {
  const exchange = corpus.find((one) => one.name === name);
  assert.ok(exchange, `the corpus has no "${name}"`);
  return exchange as Exchange;
}

for (const [name, edit] of EDITS) {
  test(`${name}, edited by hand`, async () => {
    const exchange = exchangeNamed(name);
    const recorded = await record(exchange, CLIENTS.request);
    const file = readCassetteFile(recorded.cassette);
    const body = file.interactions[0]?.json.response.body as BodyInFile;
    const expected = edit(body);
    writeFileSync(recorded.cassette, JSON.stringify(file, null, 2));

    for (const client of Object.values(CLIENTS)) {
      const replayed = await replay(recorded, client, exchange.request);
      const chunks = (await bodyChunks(replayed, { client, codings: codingsOf(body) })).filter(
        ({ byteLength }) => byteLength > 0,
      );
      const texts = (pieces: readonly Uint8Array[]) =>
        pieces.map((piece) => Buffer.from(piece).toString('latin1'));
      assert.equal(
        texts(expected instanceof Uint8Array ? [Buffer.concat(chunks)] : chunks),
        texts(expected instanceof Uint8Array ? [expected] : expected),
      );
      assertLengthFits(replayed, client);
    }
  });
}

test('a request that was edited by hand is found as it is then', async () => {
  const exchange = exchangeNamed('a JSON request');
  const recorded = await record(exchange, CLIENTS.fetch);
  const file = readCassetteFile(recorded.cassette);
  const { json } = file.interactions[0] as CassetteInFile['interactions'][number];
  json.request.target = `${recorded.url}/parcels`;
  json.request.body = { json: { n: 3, sku: 'BK-101' } };
  delete json.fingerprint;
  writeFileSync(recorded.cassette, JSON.stringify(file));
  const replayed = await replay(recorded, CLIENTS.fetch, {
    ...exchange.request,
    path: '/parcels',
    body: '{"sku":"BK-101","n":3}',
  });
  assert.is(replayed.status, 201);
});

test('what a client sees in the place of secrets is of their shape', async () => {
  const login = exchangeNamed('a login');
  const { chunks } = await replay(await record(login, CLIENTS.fetch), CLIENTS.fetch, login.request);
  const { access_token: token, ...rest } = JSON.parse(Buffer.concat(chunks).toString());
  assert.ok(isPlaceholder(token), token);
  assert.is(token.length, login.secrets?.[0]?.length);
  assert.equal(rest, { token_type: 'Bearer', expires_in: 3600 });

  const cookies = await replay(await record(exchangeNamed('cookies'), CLIENTS.fetch), CLIENTS.fetch);
  const [session = '', ...others] = cookies.headers.flatMap(([name, value]) =>
    name === 'set-cookie' ? [value] : [],
  );
  const [, value = '', attributes] = /^session=([^;]*)(.*)$/.exec(session) ?? [];
  assert.ok(isPlaceholder(value), session);
  assert.is(attributes, '; Path=/; HttpOnly; SameSite=Lax');
  assert.equal(others, ['theme=REDACTED; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'old=; Max-Age=0; Path=/']);
});

test('the corpus is of a fair size, and each of its names is one exchange', () => {
  assert.ok(corpus.length >= 40);
  assert.is(new Set(corpus.map(({ name }) => name)).size, corpus.length);
});

test.run();
