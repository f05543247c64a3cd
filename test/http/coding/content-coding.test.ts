import * as zlib from 'node:zlib';
import * as assert from 'uvu/assert';
import { type ContentCoding, isSupported } from '../../../src/http/coding/codecs.js';
import {
  type DecodedBody,
  decodeBody,
  encodeBody,
  isEncoded,
  prepareDecoding,
} from '../../../src/http/coding/content-coding.js';
import { bytes } from '../../support/interactions.js';
import { seededRandom, seedOfRun } from '../../support/seeded-random.js';
import { suite } from '../../support/suite.js';

const test = suite('content codings');

/** As all of node:zlib's streams. */
type Flushing = zlib.Gunzip;

// The types are those of Node 20, which has no zstd.
const { zstdCompressSync, createZstdDecompress } = zlib as unknown as {
  readonly zstdCompressSync?: (data: Uint8Array) => Buffer;
  readonly createZstdDecompress?: () => Flushing;
};
const NO_ZSTD = `Node ${process.versions.node} has no zstd`;

interface Format {
  readonly coding: ContentCoding;
  /** As it stands in `content-encoding`. */
  readonly name: string;
  readonly compress: (data: Uint8Array) => Uint8Array;
  readonly decoder: () => Flushing;
}

const FORMATS: readonly Format[] = [
  {
    coding: 'gzip',
    name: 'gzip',
    compress: zlib.gzipSync,
    decoder: () => zlib.createGunzip(),
  },
  {
    coding: 'deflate',
    name: 'deflate',
    compress: zlib.deflateSync,
    decoder: () => zlib.createInflate(),
  },
  {
    coding: 'deflate-raw',
    name: 'deflate',
    compress: zlib.deflateRawSync,
    decoder: () => zlib.createInflateRaw(),
  },
  {
    coding: 'br',
    name: 'br',
    compress: zlib.brotliCompressSync,
    decoder: () => zlib.createBrotliDecompress(),
  },
  ...(zstdCompressSync && createZstdDecompress
    ? [
        {
          coding: 'zstd',
          name: 'zstd',
          compress: zstdCompressSync,
          decoder: createZstdDecompress,
        } as const,
      ]
    : []),
];

const encoding = (name: string) => [['Content-Encoding', name]] as const;
const text = (chunks: readonly Uint8Array[]) => chunks.map((chunk) => Buffer.from(chunk).toString('latin1'));
/** The same bytes in other objects, of which nothing is known yet. */
const fresh = (chunks: readonly Uint8Array[]) => chunks.map((chunk) => new Uint8Array(chunk));
const whole = (chunks: readonly Uint8Array[]) => Buffer.concat(chunks).toString('latin1');

/** What a real decoder has given after each chunk, and how it ended. */
async function incrementally(
  decoder: Flushing,
  chunks: readonly Uint8Array[],
): Promise<{ readonly given: string[]; readonly ended: 'whole' | 'cut off' }> {
  const given: string[] = [];
  let since: Buffer[] = [];
  decoder.on('data', (data: Buffer) => since.push(data));
  const ended = new Promise<'whole' | 'cut off'>((resolve) => {
    decoder.on('end', () => resolve('whole'));
    decoder.on('error', () => resolve('cut off'));
  });
  for (const chunk of chunks) {
    await new Promise<void>((resolve) => {
      decoder.write(chunk, () => decoder.flush(() => setImmediate(resolve)));
    });
    given.push(whole(since));
    since = [];
  }
  decoder.end();
  return { given, ended: await ended };
}

const LARGE = Buffer.alloc(300_000, 'a line that is not very long\n').toString();
const BODIES: readonly (readonly [what: string, chunks: readonly string[]])[] = [
  ['one chunk', ['{"id":7}']],
  ['nothing', ['']],
  ['several chunks', ['data: one\n\n', 'data: two\n\n', 'data: three\n\n']],
  ['chunks of one byte', ['a', 'b', 'c']],
  ['empty chunks between', ['', 'data: one\n\n', '', '', 'data: two\n\n', '']],
  ['empty chunks only', ['', '', '']],
  ['one chunk between empty ones', ['', 'all of it', '']],
  ['chunks larger than any block', [LARGE, 'x', LARGE]],
  ['chunks of the size of a block', ['y'.repeat(65_536), 'z'.repeat(131_072), 'tail']],
];

for (const { coding, name, compress, decoder } of FORMATS) {
  for (const [what, chunks] of BODIES) {
    for (const complete of [true, false]) {
      test(`${coding}, ${what}, ${complete ? 'whole' : 'cut off'}: a decoder gives each chunk in its place`, async () => {
        const body: DecodedBody = { chunks: chunks.map(bytes), codings: [coding], complete };
        const encoded = encodeBody(body);
        assert.is(encoded.length, chunks.length);
        const { given, ended } = await incrementally(decoder(), encoded);
        assert.equal(given, chunks);
        // Node 22's zstd decoder does not notice.
        const notices = coding !== 'zstd' || Number(process.versions.node.split('.')[0]) > 22;
        // Nothing at all is no cut-off body for a decoder.
        if (notices && whole(encoded) !== '') {
          assert.is(ended, complete ? 'whole' : 'cut off');
        }
        if (whole(encoded) !== '') {
          const decoded = decodeBody(fresh(encoded), encoding(name));
          assert.is(decoded?.complete, complete);
          assert.equal(decoded?.codings, [coding]);
          assert.equal(text(decoded?.chunks ?? []), chunks);
        }
      });
    }
  }

  test(`${coding}: a body that a server compressed as one comes back, wherever it is cut into chunks`, () => {
    const random = seededRandom(seedOfRun());
    const data = Buffer.concat([Buffer.from(LARGE.slice(0, 5000)), random.bytes(5000)]);
    const compressed = compress(data);
    const cuts = Array.from({ length: 6 }, () => random.below(compressed.byteLength)).sort((a, b) => a - b);
    const chunks = [...cuts, compressed.byteLength].map((end, index) =>
      compressed.subarray(cuts[index - 1] ?? 0, end),
    );
    const decoded = decodeBody(chunks, encoding(name));
    assert.is(decoded?.chunks.length, 7);
    assert.is(whole(decoded?.chunks ?? []), data.toString('latin1'));
    const again = decodeBody(fresh(encodeBody(decoded as DecodedBody)), encoding(name));
    assert.equal(text(again?.chunks ?? []), text(decoded?.chunks ?? []));
  });

  test(`${coding}: data that is cut off gives what there is, and says so`, () => {
    const data = Buffer.from(seededRandom(1).bytes(2000));
    const compressed = compress(data);
    for (const length of [compressed.byteLength - 1, compressed.byteLength >> 1, 3]) {
      const decoded = decodeBody([compressed.subarray(0, length)], encoding(name));
      assert.is(decoded?.complete, false, `${length} bytes`);
      assert.ok(data.toString('latin1').startsWith(whole(decoded?.chunks ?? [])));
    }
  });

  test(`${coding}: data that goes on after its end, or is broken, is not decoded`, () => {
    const compressed = compress(bytes(LARGE));
    for (const tail of ['\0', '\0\0\0', 'garbage']) {
      assert.is(decodeBody([compressed, bytes(tail)], encoding(name)), undefined, JSON.stringify(tail));
    }
    assert.is(decodeBody([bytes('{"not":"compressed, only said to be so"}')], encoding(name)), undefined);
  });

  test(`${coding}: a decompression bomb is not decoded`, () => {
    const chunks = [new Uint8Array(130 * 1024 * 1024)];
    const bomb = encodeBody({ chunks, codings: [coding], complete: true });
    assert.ok(Buffer.concat(bomb).byteLength < 1024 * 1024);
    assert.is(decodeBody(bomb, encoding(name)), undefined);
  });

  test(`${coding}: a decompression bomb in several chunks is not decoded, prepared or not`, async () => {
    const data = new Uint8Array(65 * 1024 * 1024);
    const bomb = encodeBody({ chunks: [data, data], codings: [coding], complete: true });
    assert.ok(decodeBody(bomb, encoding(name)) === undefined);
    assert.ok((await prepared(fresh(bomb), name)) === undefined);
  });

  test(`${coding}: what is prepared is what is found at once, wherever the body is cut, and whatever is wrong with it`, async () => {
    const random = seededRandom(seedOfRun());
    const events = Array.from({ length: 40 }, (_, n) => `data: ${'word '.repeat(random.below(9))}${n}\n\n`);
    const streamed = encodeBody({ chunks: events.map(bytes), codings: [coding], complete: true });
    const compressed = new Uint8Array(compress(Buffer.concat([bytes(LARGE), random.bytes(5000)])));
    for (const body of [compressed, new Uint8Array(Buffer.concat(streamed))]) {
      for (const [what, wire] of [
        ['whole', body],
        ['cut off', body.subarray(0, 1 + random.below(body.byteLength - 1))],
        ['lacking its last byte', body.subarray(0, -1)],
        ['going on after its end', Buffer.concat([body, bytes('more')])],
        ['with zeros after its end', Buffer.concat([body, new Uint8Array(3)])],
        ['twice', Buffer.concat([body, body])],
        ['broken', body.map((byte, index) => (index === body.byteLength >> 1 ? ~byte : byte))],
        ['something else', Buffer.from(LARGE)],
      ] as const) {
        const chunks = cut(wire, random, 12);
        const atOnce = decodeBody(fresh(chunks), encoding(name));
        const inTime = await prepared(fresh(chunks), name);
        assert.equal(shown(inTime), shown(atOnce), `${what}, in ${chunks.map((chunk) => chunk.byteLength)}`);
      }
    }
  });

  test(`${coding}: each of 1,500 chunks is found when it is prepared, and some are joined when it is not`, async () => {
    const chunks = Array.from({ length: 1500 }, (_, n) => bytes(`data: ${n} ${'x'.repeat(100)}\n\n`));
    const encoded = encodeBody({ chunks, codings: [coding], complete: true });
    const inTime = await prepared(fresh(encoded), name);
    assert.equal(text(inTime?.chunks ?? []), text(chunks));
    const atOnce = decodeBody(fresh(encoded), encoding(name));
    assert.is(whole(atOnce?.chunks ?? []), whole(chunks));
    const found = atOnce?.chunks.filter(({ byteLength }) => byteLength > 0).length ?? 0;
    assert.ok(found > 50 && found < 1000, String(found));
  });
}

/** What is decoded of a body that was prepared. */
async function prepared(chunks: readonly Uint8Array[], name: string): Promise<DecodedBody | undefined> {
  await (prepareDecoding(chunks, encoding(name)) ?? assert.unreachable('there is nothing to prepare'));
  return decodeBody(chunks, encoding(name));
}

/** Chunks of random lengths, some of them empty. */
function cut(data: Uint8Array, random: ReturnType<typeof seededRandom>, times: number): Uint8Array[] {
  const cuts = Array.from({ length: times }, () => random.below(data.byteLength + 1));
  const places = [0, ...cuts, ...cuts.slice(0, 2), data.byteLength].sort((a, b) => a - b);
  return places.map((end, index) => new Uint8Array(data.subarray(places[index - 1] ?? 0, end)));
}

const shown = (body: DecodedBody | undefined) => body && { ...body, chunks: text(body.chunks) };

function format(coding: ContentCoding): Format {
  return FORMATS.find((known) => known.coding === coding) as Format;
}

test('several codings are undone in their order', async () => {
  const chunks = ['data: one\n\n', '', 'data: two\n\n'];
  const body: DecodedBody = { chunks: chunks.map(bytes), codings: ['gzip', 'br'], complete: true };
  const encoded = encodeBody(body);
  const outer = await incrementally(format('br').decoder(), encoded);
  const inner = outer.given.map((data) => new Uint8Array(Buffer.from(data, 'latin1')));
  assert.equal((await incrementally(format('gzip').decoder(), inner)).given, chunks);
  for (const headers of [
    encoding('gzip, br'),
    encoding('GZIP,identity,BR'),
    [...encoding('x-gzip'), ['content-type', 'text/plain'] as const, ...encoding('br')],
  ]) {
    const decoded = decodeBody(fresh(encoded), headers);
    assert.equal(decoded?.codings, ['gzip', 'br']);
    assert.equal(text(decoded?.chunks ?? []), chunks);
  }
});

const UNDECODED: readonly (readonly [what: string, name: string | undefined])[] = [
  ['no content-encoding', undefined],
  ['identity', 'identity'],
  ['an empty one', ' '],
  ['a coding that nobody knows', 'rot13'],
  ['a coding that Node has not', 'compress'],
  ['one of two that nobody knows', 'rot13, gzip'],
  ['more codings than a client accepts', 'gzip, gzip, gzip, gzip, gzip, gzip'],
];

for (const [what, name] of UNDECODED) {
  test(`${what}: nothing is decoded`, () => {
    let data: Uint8Array = bytes('hello');
    for (const _ of (name ?? '').matchAll(/gzip/g)) {
      data = zlib.gzipSync(data);
    }
    assert.is(decodeBody([data], name === undefined ? [] : encoding(name)), undefined);
  });
}

test('no data at all is nothing to decode', () => {
  assert.is(decodeBody([new Uint8Array()], encoding('gzip')), undefined);
  assert.is(decodeBody([], encoding('gzip')), undefined);
});

const TWO = [bytes('one'), bytes('two')];
const UNPREPARED: readonly (readonly [what: string, chunks: readonly Uint8Array[], name: string])[] = [
  ['one chunk', [zlib.gzipSync('one')], 'gzip'],
  ['no chunk', [], 'gzip'],
  ['empty chunks only', [new Uint8Array(), new Uint8Array()], 'gzip'],
  ['no coding', TWO, 'identity'],
  ['a coding that nobody knows', TWO, 'gzip, rot13'],
  ['more codings than a client accepts', TWO, 'br, br, br, br, br, br'],
  ['what was made here', encodeBody({ chunks: TWO, codings: ['gzip'], complete: true }), 'gzip'],
];

for (const [what, chunks, name] of UNPREPARED) {
  test(`there is nothing to prepare: ${what}`, () => {
    assert.is(prepareDecoding(chunks, encoding(name)), undefined);
  });
}

test('several codings are prepared in their order', async () => {
  const chunks = Array.from({ length: 1500 }, (_, n) => bytes(`data: ${n} ${'x'.repeat(100)}\n\n`));
  const encoded = encodeBody({ chunks, codings: ['deflate-raw', 'br'], complete: true });
  const decoded = await prepared(fresh(encoded), 'deflate, br');
  assert.equal(decoded?.codings, ['deflate-raw', 'br']);
  assert.equal(text(decoded?.chunks ?? []), text(chunks));
});

test('a body is decoded once, and one that was made here is not decoded at all', () => {
  const body: DecodedBody = { chunks: TWO, codings: ['gzip'], complete: true };
  const encoded = encodeBody(body);
  assert.is(decodeBody(encoded, encoding('x-gzip')), body);
  const received = fresh(encoded);
  const decoded = decodeBody(received, encoding('gzip'));
  assert.equal(decoded, body);
  assert.is(decodeBody([...received], encoding('gzip')), decoded);
  const broken = [bytes('no'), bytes('gzip')];
  assert.is(decodeBody(broken, encoding('gzip')), undefined);
  assert.is(decodeBody(broken, encoding('gzip')), undefined);
});

test('what is known of a body is not taken for another one that begins with the same chunk', () => {
  const [first, second] = encodeBody({ chunks: TWO, codings: ['gzip'], complete: true }) as [
    Uint8Array,
    Uint8Array,
  ];
  assert.is(decodeBody([first, second], encoding('br')), undefined);
  assert.not(decodeBody([first, new Uint8Array()], encoding('gzip'))?.complete);
  assert.not(decodeBody([first], encoding('gzip'))?.complete);
  assert.ok(decodeBody([first, second], encoding('gzip'))?.complete);
});

test('a buffer that is used again is another body', () => {
  const buffer = new Uint8Array(zlib.gzipSync('one', { level: 0 }));
  assert.equal(text(decodeBody([buffer], encoding('gzip'))?.chunks ?? []), ['one']);
  buffer.set(zlib.gzipSync('two', { level: 0 }));
  assert.equal(text(decodeBody([buffer], encoding('gzip'))?.chunks ?? []), ['two']);
});

test('which headers say that a body is encoded', () => {
  for (const [name, said] of [
    ['gzip', true],
    ['identity', false],
    ['identity, br', true],
    ['rot13', true],
    ['', false],
  ] as const) {
    assert.is(isEncoded(encoding(name)), said, name);
  }
  assert.not(isEncoded([['transfer-encoding', 'chunked']]));
});

test('several members of one gzip body are one body', () => {
  const decoded = decodeBody(
    [Buffer.concat([zlib.gzipSync('one '), zlib.gzipSync('two')])],
    encoding('gzip'),
  );
  assert.equal(text(decoded?.chunks ?? []), ['one two']);
});

test('where boundaries are many and far, neighbours are joined; nothing is lost', () => {
  const data = seededRandom(3).bytes(2_000_000);
  const encoded = encodeBody({
    chunks: Array.from({ length: 200 }, (_, index) => data.subarray(index * 10_000, (index + 1) * 10_000)),
    codings: ['gzip'],
    complete: true,
  });
  const decoded = decodeBody(fresh(encoded), encoding('gzip'));
  assert.is(decoded?.chunks.length, 200);
  assert.is(Buffer.compare(Buffer.concat(decoded?.chunks ?? []), data), 0);
  const filled = decoded?.chunks.filter(({ byteLength }) => byteLength > 0).length ?? 0;
  assert.ok(filled > 10 && filled < 100, String(filled));
});

const withZstd = test.skipUnless(isSupported('zstd'), NO_ZSTD);
const withoutZstd = test.skipUnless(!isSupported('zstd'), `Node ${process.versions.node} has zstd`);

withZstd('zstd is supported where node:zlib has it', () => {
  assert.ok(zstdCompressSync);
});

withoutZstd('a Node without zstd still writes it, and does not read it', () => {
  const encoded = encodeBody({ chunks: [bytes('hello')], codings: ['zstd'], complete: true });
  // One frame, one raw block of five bytes, an empty last block (RFC 8878, 3.1.1).
  const hex = '28b52ffd0038' + '280000' + '68656c6c6f' + '010000';
  assert.is(Buffer.concat(encoded).toString('hex'), hex);
  assert.is(decodeBody(encoded, encoding('zstd')), undefined);
});

test.run();
