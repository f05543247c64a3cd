import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { CorpusRequest } from '../fixtures/corpus/exchange.js';
import { PLACEHOLDER } from '../src/http/redaction/placeholder.js';
import {
  Broker,
  Cassette,
  type InteractionRequest,
  JsonFileCassetteStore,
  type MetadataPair,
  type ResponseChunk,
  withCassette,
} from '../src/index.js';
import { assertFitsSchema } from './support/cassette-schema.js';
import { decodeChunks } from './support/content-decoder.js';
import { answerTo, body, cutAt, cuts, headerPairs, request } from './support/corpus-arbitraries.js';
import { CLIENTS } from './support/corpus-clients.js';
import { assertLengthFits, comparable } from './support/corpus-compare.js';
import { codingsOf, readCassetteFile } from './support/corpus-form.js';
import { CorpusServer } from './support/corpus-server.js';
import { seedOfRun } from './support/seeded-random.js';
import { suite } from './support/suite.js';
import { tempFolder } from './support/temp-folder.js';

const test = suite('generated exchanges');
const folder = tempFolder();
const path = join(folder, 'cassette.json');

const seed = seedOfRun();

function store(): JsonFileCassetteStore {
  return new JsonFileCassetteStore(path, { createIfMissing: true });
}

/** The codings that the file has taken off the last response's body: its wire bytes may be others in a replay. */
function recoded(): readonly string[] {
  return codingsOf(readCassetteFile(path).interactions.at(-1)?.json.response.body);
}

const exchange = request.chain((asked) =>
  answerTo(asked.method ?? 'GET').map((answer) => ({ asked, answer })),
);

test('what a server answered is what a replay answers', async () => {
  const server = await CorpusServer.start();
  const client = CLIENTS.request;
  try {
    await fc.assert(
      fc.asyncProperty(exchange, async ({ asked, answer }) => {
        rmSync(path, { force: true });
        server.willAnswer(answer);
        const live = await withCassette({ store: store(), mode: 'record', redact: false }, () =>
          client.send(server.url, asked, server.read),
        );
        assertFitsSchema(readFileSync(path, 'utf8'));
        const replayed = await withCassette({ cassette: path, mode: 'replay', redact: false }, () =>
          client.send(server.url, asked, () => {}),
        );
        const paced = answer.pieces !== undefined;
        const comparing = { client, codings: recoded(), paced, secrets: [] };
        assert.equal(await comparable(replayed, comparing), await comparable(live, comparing));
        assertLengthFits(replayed, client, asked.method);
      }),
      { seed, numRuns: 1000, includeErrorInReport: true },
    );
  } finally {
    await server.close();
  }
});

const metadata = (prefix: string) =>
  headerPairs.map((pairs) => pairs.map(([name, value]): MetadataPair => [`${prefix}:${name}`, value]));

/** A request and its response in chunks, as an adapter may tell them: some empty, with metadata anywhere. */
const recording = fc
  .tuple(request, body, metadata('header'), metadata('trailer'))
  .chain(([asked, sent, head, trailers]) =>
    fc.record({ cut: cuts(sent.bytes.byteLength), empty: fc.nat(6), interim: fc.boolean() }).map((more) => {
      const pieces = cutAt(sent.bytes, more.cut);
      pieces.splice(more.empty, 0, ...(more.empty < 3 ? [new Uint8Array()] : []));
      const first: readonly MetadataPair[] = [
        ...(more.interim ? ([['interim:status_code', '103']] as const) : []),
        ['status_code', '200'],
        ['status_text', 'OK'],
        ...head,
        ...sent.headers.map(([name, value]) => [`header:${name}`, value] as const),
      ];
      const chunks = pieces.map((data, sequence): Required<ResponseChunk> => {
        const own = sequence === 0 ? first : [];
        return { data, sequence, metadata: sequence === pieces.length - 1 ? [...own, ...trailers] : own };
      });
      return { request: requestOf(asked), chunks };
    }),
  );

function requestOf({
  method = 'GET',
  path: to = '/',
  headers = [],
  body: sent,
}: CorpusRequest): InteractionRequest {
  return {
    protocol: 'http',
    action: method,
    target: `http://api.example${to}`,
    headers,
    body: sent instanceof Uint8Array ? sent : new Uint8Array(),
  };
}

async function chunksOf(broker: Broker, asked: InteractionRequest): Promise<Required<ResponseChunk>[]> {
  const chunks: Required<ResponseChunk>[] = [];
  for await (const { data, sequence, metadata: pairs = [] } of broker.replay(asked)) {
    chunks.push({ data, sequence, metadata: pairs });
  }
  return chunks;
}

/** Chunks as a test compares them; where their wire bytes may differ, what they decode to and where that is cut. */
async function plain(
  chunks: readonly Required<ResponseChunk>[],
  codings: readonly string[],
): Promise<unknown> {
  if (codings.length === 0) {
    return chunks.map((chunk) => ({ ...chunk, data: Buffer.from(chunk.data).toString('hex') }));
  }
  const decoded = await decodeChunks(
    chunks.map(({ data }) => data),
    codings,
  );
  const filled = decoded.filter(({ byteLength }) => byteLength > 0);
  return {
    data: filled.map((data) => Buffer.from(data).toString('hex')),
    metadata: chunks.flatMap((chunk) => chunk.metadata),
  };
}

test('what a live responder gave is what a Broker on the file gives', async () => {
  await fc.assert(
    fc.asyncProperty(recording, async ({ request: asked, chunks }) => {
      rmSync(path, { force: true });
      const live = new Broker(new Cassette(), {
        mode: 'record',
        redact: false,
        cassetteStore: store(),
        async *liveResponder() {
          yield* chunks;
        },
      });
      assert.equal(await plain(await chunksOf(live, asked), []), await plain(chunks, []));
      await live.close();
      assertFitsSchema(readFileSync(path, 'utf8'));

      const replaying = await Broker.fromStore(new JsonFileCassetteStore(path), { redact: false });
      const replayed = await chunksOf(replaying, asked);
      assert.equal(await plain(replayed, recoded()), await plain(chunks, recoded()));
    }),
    { seed, numRuns: 500, includeErrorInReport: true },
  );
});

interface SecretBody {
  readonly type: string;
  readonly print: (secret: string, field: string, innocent: unknown) => string;
}

const SECRET_BODIES: Readonly<Record<string, SecretBody>> = {
  json: {
    type: 'application/json',
    print: (secret, field, innocent) =>
      JSON.stringify({ innocent, list: [{ [field]: secret }], max_tokens: 5 }),
  },
  indented: {
    type: 'application/json',
    print: (secret, field, innocent) => `${JSON.stringify({ [field]: secret, innocent }, null, 2)}\n`,
  },
  'not quite JSON': {
    type: 'application/json',
    print: (secret, field, innocent) =>
      `{"n": 1.0, "${field}": "${secret}", "innocent":${JSON.stringify(innocent)}}`,
  },
  form: {
    type: 'application/x-www-form-urlencoded',
    print: (secret, field, innocent) =>
      new URLSearchParams([
        ['a', JSON.stringify(innocent)],
        [field, secret],
        ['a', '2'],
      ]).toString(),
  },
  text: {
    type: 'text/plain',
    print: (secret, _field, innocent) =>
      `${JSON.stringify(innocent)}\nAuthorization: Bearer ${secret}\nthe end`,
  },
  events: {
    type: 'text/event-stream',
    print: (secret, field, innocent) =>
      `data: ${JSON.stringify(innocent)}\n\ndata: {"${field}":"${secret}"}\n\ndata: [DONE]\n\n`,
  },
};

const utf8 = (text: string) => new Uint8Array(Buffer.from(text));
const ENCODERS: Readonly<Record<string, (data: Uint8Array) => Uint8Array>> = {
  gzip: gzipSync,
  br: brotliCompressSync,
  deflate: deflateSync,
};

/** An exchange that holds one secret at places where such things stand, and what is innocent around them. */
const confidential = fc
  .tuple(
    fc.nat().map((n) => createHash('sha256').update(String(n)).digest('base64url').slice(0, 32)),
    fc.constantFrom('access_token', 'refresh_token', 'client_secret', 'password'),
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(...Object.keys(SECRET_BODIES)),
    fc.constantFrom(undefined, 'gzip', 'br', 'deflate'),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
  )
  .map(([secret, field, innocent, kind, coding, places]) => {
    const { type, print } = SECRET_BODIES[kind] as SecretBody;
    const sent = utf8(print(secret, field, innocent));
    const bytes = coding === undefined ? sent : (ENCODERS[coding] as (data: Uint8Array) => Uint8Array)(sent);
    const cutPlaces = [...new Set(places.map((place) => Math.floor(place * bytes.byteLength)))].toSorted(
      (a, b) => a - b,
    );
    const head: MetadataPair[] = [
      ['status_code', '200'],
      ['status_text', 'OK'],
      ['header:content-type', type],
      ['header:set-cookie', `sid=${secret}; Path=/; HttpOnly`],
      ...(coding === undefined ? [] : [['header:content-encoding', coding] as const]),
    ];
    return {
      secret,
      codings: coding === undefined ? [] : [coding],
      chunks: cutAt(bytes, cutPlaces).map((data, sequence) => ({
        data,
        sequence,
        metadata: sequence === 0 ? head : [],
      })),
      request: {
        protocol: 'http',
        action: 'POST',
        target: `http://api.example/login?page=2&access_token=${secret}`,
        headers: [
          ['authorization', `Bearer ${secret}`],
          ['content-type', type],
        ],
        body: sent,
      } satisfies InteractionRequest,
    };
  });

test('with redaction on, a replay differs from what was live at placeholders alone', async () => {
  await fc.assert(
    fc.asyncProperty(confidential, async ({ secret, codings, chunks, request: asked }) => {
      rmSync(path, { force: true });
      const live = new Broker(new Cassette(), {
        mode: 'record',
        match: {},
        cassetteStore: store(),
        async *liveResponder() {
          yield* chunks;
        },
      });
      await chunksOf(live, asked);
      await live.close();
      assert.not.ok(readFileSync(path, 'utf8').includes(secret));

      const replaying = await Broker.fromStore(new JsonFileCassetteStore(path), { match: {} });
      const shown = async (given: readonly Required<ResponseChunk>[]) => {
        const decoded = await decodeChunks(
          given.map(({ data }) => data),
          codings,
        );
        const metadata = given.flatMap((chunk) => chunk.metadata).map((pair) => pair.join(': '));
        const text = [...metadata, Buffer.concat(decoded).toString()].join('\n');
        return text.replaceAll(secret, '***').replace(PLACEHOLDER, '***');
      };
      assert.is(await shown(await chunksOf(replaying, asked)), await shown(chunks));
    }),
    { seed, numRuns: 300, includeErrorInReport: true },
  );
});

test.run();
