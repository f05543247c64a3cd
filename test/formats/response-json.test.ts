import * as zlib from 'node:zlib';
import * as assert from 'uvu/assert';
import { parseFile, printCassette, printInteraction } from '../../src/formats/cassette-json.js';
import { type ContentCoding, isSupported } from '../../src/http/coding/codecs.js';
import { decodeBody, encodeBody } from '../../src/http/coding/content-coding.js';
import { CassetteLoadError, type HeaderPair, type Interaction, type MetadataPair } from '../../src/index.js';
import { bytes, interaction } from '../support/interactions.js';
import { parseCassette } from '../support/parsed.js';
import { seededRandom } from '../support/seeded-random.js';
import { suite } from '../support/suite.js';

const test = suite('responses in a cassette file');

type Json = Record<string, unknown>;

function recorded(
  headers: readonly HeaderPair[],
  answer: string | Uint8Array | readonly (string | Uint8Array)[],
  rest: { trailers?: readonly MetadataPair[]; metadata?: readonly MetadataPair[] } = {},
): Interaction {
  const head = [
    ['status_code', '200'],
    ...headers.map(([name, value]): MetadataPair => [`header:${name}`, value]),
  ] as const;
  return interaction({ head, answer, ...rest });
}

/** What stands in the file. */
function written(given: Interaction): Json {
  const { json } = JSON.parse(printInteraction(given)) as { json: { response: Json } };
  const { metadata: _, ...response } = json.response;
  return response;
}

/** What is read from a file in which the response was edited. */
function edited(given: Interaction, edit: (response: Json) => void): Interaction {
  const envelope = JSON.parse(printInteraction(given)) as { json: { response: Json } };
  edit(envelope.json.response);
  return parseFile(
    printCassette([JSON.stringify(envelope)]),
    'some.json',
  ).interactions[0]?.interaction() as Interaction;
}

const read = (given: Interaction) => edited(given, () => {});
const data = ({ responseChunks }: Interaction) => responseChunks.map((chunk) => chunk.data);
const text = (chunks: readonly Uint8Array[]) => chunks.map((chunk) => Buffer.from(chunk).toString());
const encoding = (name: string): HeaderPair => ['content-encoding', name];
const decoded = (given: Interaction, name: string) => decodeBody(data(given), [encoding(name)]);
const encode = (codings: ContentCoding[], chunks: readonly string[], complete = true) =>
  encodeBody({ chunks: chunks.map(bytes), codings, complete });

type Row = readonly [what: string, given: Interaction, response: Json];
const EVENTS = ['data: one\n\n', 'data: two\n\n'];
const EVENT_LINES = [
  ['data: one\n', '\n'],
  ['data: two\n', '\n'],
];

const CHUNKED: readonly Row[] = [
  ['an event stream', recorded([], EVENTS), { body: { chunks: EVENT_LINES } }],
  ['NDJSON', recorded([], ['{"n":1}\n', '{"n":2}\n']), { body: { chunks: [['{"n":1}\n'], ['{"n":2}\n']] } }],
  [
    'streamed text',
    recorded([], ['Once', ' upon', ' a time']),
    { body: { chunks: ['Once', ' upon', ' a time'] } },
  ],
  ['an empty chunk', recorded([], ['', 'a', '']), { body: { chunks: ['', 'a', ''] } }],
  ['JSON', recorded([], ['{"a":', '1}']), { body: { json: { a: 1 } }, chunks: [5, 2] }],
  [
    'a chunk that ends within a character',
    recorded([], [Uint8Array.of(0x61, 0xc3), Uint8Array.of(0xa9)]),
    { body: { text: 'aé' }, chunks: [2, 1] },
  ],
  [
    'binary data',
    recorded([], [Uint8Array.of(0), Uint8Array.of(1)]),
    { body: { base64: 'AAE=' }, chunks: [1, 1] },
  ],
  [
    'latin1',
    recorded([['content-type', 'text/plain; charset=latin1']], [Buffer.from('\xe9', 'latin1'), 'b']),
    { body: { chunks: ['é', 'b'], charset: 'latin1' } },
  ],
  [
    'UTF-16',
    recorded(
      [['content-type', 'text/plain; charset=utf-16']],
      [Buffer.from('\ufeffa', 'utf16le'), Buffer.from('b', 'utf16le')],
    ),
    { body: { chunks: ['\ufeffa', 'b'], charset: 'utf-16le' } },
  ],
  [
    'a stream with trailers',
    recorded([], EVENTS, { trailers: [['trailer:x', 'y']] }),
    { body: { chunks: EVENT_LINES }, chunkMetadata: { 1: [['trailer:x', 'y']] } },
  ],
  ['no body at all', recorded([], ['', '']), { chunks: [0, 0] }],
];

for (const [what, given, response] of CHUNKED) {
  test(`${what} in chunks: how it stands there, and the same chunks from it`, () => {
    assert.equal(written(given), response);
    assert.equal(
      read(given).responseChunks,
      given.responseChunks.map((chunk) => ({ ...chunk, data: Uint8Array.from(chunk.data) })),
    );
  });
}

const CODINGS: readonly (readonly [name: string, codings: ContentCoding[], encoding: unknown])[] = [
  ['gzip', ['gzip'], 'gzip'],
  ['x-gzip', ['gzip'], 'gzip'],
  ['deflate', ['deflate'], 'deflate'],
  ['deflate', ['deflate-raw'], 'deflate-raw'],
  ['br', ['br'], 'br'],
  ['gzip, br', ['gzip', 'br'], ['gzip', 'br']],
  ...(isSupported('zstd')
    ? [['zstd', ['zstd'], 'zstd'] as const].map(
        ([a, b, c]) => [a, [...b], c] as [string, ContentCoding[], string],
      )
    : []),
];

for (const [name, codings, form] of CODINGS) {
  const label = `${name} (${codings.join()})`;

  test(`${label}: JSON stands decoded, and what it decodes to comes back`, () => {
    const given = recorded([encoding(name)], encode(codings, ['{"id":7,"name":"Ada"}']));
    assert.equal(written(given), { body: { encoding: form, json: { id: 7, name: 'Ada' } } });
    assert.equal(text(decoded(read(given), name)?.chunks ?? []), ['{"id":7,"name":"Ada"}']);
  });

  test(`${label}: an event stream stands by decoded chunks, and they come back one by one`, () => {
    const given = recorded([encoding(name)], encode(codings, EVENTS));
    assert.equal(written(given), { body: { encoding: form, chunks: EVENT_LINES } });
    const seen = decoded(read(given), name);
    assert.equal(text(seen?.chunks ?? []), EVENTS);
    assert.is(seen?.complete, true);
  });

  test(`${label}: what was cut off is still cut off`, () => {
    const given = recorded([encoding(name)], encode(codings, EVENTS, false), {
      metadata: [['ended', 'truncated']],
    });
    assert.equal(written(given), { body: { encoding: form, complete: false, chunks: EVENT_LINES } });
    const seen = decoded(read(given), name);
    assert.equal(text(seen?.chunks ?? []), EVENTS);
    assert.is(seen?.complete, false);
  });

  test(`${label}: decoded JSON, text and chunks may be edited`, () => {
    const json = edited(recorded([encoding(name)], encode(codings, ['{"a":1}'])), (response) => {
      (response['body'] as Json)['json'] = { a: [2, 'x'] };
    });
    assert.equal(text(decoded(json, name)?.chunks ?? []), ['{"a":[2,"x"]}']);
    const stream = edited(recorded([encoding(name)], encode(codings, EVENTS)), (response) => {
      (response['body'] as Json)['chunks'] = ['data: 1\n\n', ['data: 2\n', '\n'], 'data: 3\n\n'];
    });
    assert.equal(text(decoded(stream, name)?.chunks ?? []), ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']);
  });
}

test('JSON that came compressed in several chunks keeps them, by the lengths of what they decode to', () => {
  const given = recorded([encoding('gzip')], encode(['gzip'], ['{"a":', '1}']));
  assert.equal(written(given), { body: { encoding: 'gzip', json: { a: 1 } }, chunks: [5, 2] });
  assert.equal(text(decoded(read(given), 'gzip')?.chunks ?? []), ['{"a":', '1}']);
});

test('chunks of the wire that decode to nothing are not told apart; trailers stay', () => {
  const [one = bytes(''), two = bytes('')] = encode(['gzip'], EVENTS);
  const answer = [one.subarray(0, 10), one.subarray(10), two.subarray(0, -10), two.subarray(-10), ''];
  assert.equal(written(recorded([encoding('gzip')], answer)), {
    body: { encoding: 'gzip', chunks: EVENT_LINES },
  });
  const given = recorded([encoding('gzip')], answer, { trailers: [['trailer:x', 'y']] });
  assert.equal(written(given), {
    body: { encoding: 'gzip', chunks: [...EVENT_LINES, ''] },
    chunkMetadata: { 2: [['trailer:x', 'y']] },
  });
  const back = read(given);
  assert.equal(back.responseChunks.at(-1)?.metadata, [['trailer:x', 'y']]);
  assert.equal(text(decoded(back, 'gzip')?.chunks ?? []), [...EVENTS, '']);
});

test('a body of one chunk that an ordinary gzip made comes back byte for byte', () => {
  const given = recorded([encoding('gzip')], zlib.gzipSync('{"a":1}'));
  assert.equal(Buffer.concat(data(read(given))), Buffer.concat(data(given)));
});

const WIRE: readonly (readonly [what: string, given: Interaction])[] = [
  ...(
    [
      ['content-md5', 'abc'],
      ['Content-Digest', 'sha-256=:abc:'],
      ['repr-digest', 'sha-256=:abc:'],
      ['digest', 'sha-256=abc'],
      ['x-amz-checksum-crc32', 'abc'],
      ['x-goog-hash', 'crc32c=abc'],
      ['content-range', 'bytes 0-99/1000'],
    ] as const
  ).map(
    (header) =>
      [
        `${header[0]} that speaks of them`,
        recorded([encoding('gzip'), header], zlib.gzipSync('{"a":1}', { level: 1 })),
      ] as const,
  ),
  [
    'a trailer that speaks of them',
    recorded([encoding('gzip')], encode(['gzip'], EVENTS), { trailers: [['trailer:content-digest', 'x']] }),
  ],
  ['a coding that nobody knows', recorded([encoding('rot13')], Uint8Array.of(1, 2, 3))],
  ['data that is not of its coding', recorded([encoding('gzip')], Uint8Array.of(0, 1, 2, 3))],
  ['data that goes on after its end', recorded([encoding('gzip')], [zlib.gzipSync('{}'), 'more'])],
  [
    'data that decodes to what nobody can read',
    recorded([encoding('gzip')], zlib.gzipSync(seededRandom(1).bytes(99))),
  ],
  ['data that decodes to nothing', recorded([encoding('gzip')], zlib.gzipSync(''))],
  [
    'data whose decoding is a bomb',
    recorded(
      [encoding('br')],
      encodeBody({ chunks: [new Uint8Array(130 * 2 ** 20)], codings: ['br'], complete: true }),
    ),
  ],
];

for (const [what, given] of WIRE) {
  test(`${what}: the bytes of the wire stay`, () => {
    const { body } = written(given) as { body: Json };
    assert.equal(body, { base64: Buffer.concat(data(given)).toString('base64') });
    assert.equal(text(data(read(given))), text(data(given)));
  });
}

test('text under an encoding that it does not have stays text', () => {
  const given = recorded([encoding('gzip')], '{"error":"not compressed"}');
  assert.equal(written(given), { body: { json: { error: 'not compressed' } } });
});

for (const chunks of [['{"a":1}'], EVENTS]) {
  test(`a cassette with ${chunks.length} compressed chunks is the same text after it was loaded and saved`, () => {
    const block = printInteraction(recorded([encoding('br')], encode(['br'], chunks)));
    const [loaded] = parseCassette(printCassette([block]), 'some.json');
    assert.is(printInteraction(loaded as Interaction), block);
  });
}

const zstdForm = edited(recorded([encoding('zstd')], 'x'), (response) => {
  response['body'] = { encoding: 'zstd', json: { a: 1 } };
});
const lackingZstd = test.skipUnless(!isSupported('zstd'), `Node ${process.versions.node} has zstd`);

lackingZstd(
  'a body that needs a codec which this Node lacks: an error where it is used, that names both',
  () => {
    assert.is(zstdForm.request.target, 'http://api.example/things');
    try {
      zstdForm.responseChunks;
    } catch (error) {
      assert.instance(error, CassetteLoadError);
      for (const part of ['some.json: interaction 1 of 1', 'zstd', process.versions.node, '22.15']) {
        assert.match((error as Error).message, part);
      }
      return;
    }
    assert.unreachable();
  },
);

test('a body that needs a codec which this Node may lack is printed as it stood there', () => {
  assert.equal(written(zstdForm), { body: { encoding: 'zstd', json: { a: 1 } } });
});

test.run();
