import * as zlib from 'node:zlib';
import * as assert from 'uvu/assert';
import {
  type ContentCoding,
  type DecodedBody,
  decodeBody,
  encodeBody,
  isEncoded,
  isSupported,
} from '../../src/http/content-coding.js';
import { bytes } from '../support/interactions.js';
import { seededRandom, seedOfRun } from '../support/seeded-random.js';
import { suite } from '../support/suite.js';

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
          const decoded = decodeBody(encoded, encoding(name));
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
    const again = decodeBody(encodeBody(decoded as DecodedBody), encoding(name));
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
}

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
    const decoded = decodeBody(encoded, headers);
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
  const decoded = decodeBody(encoded, encoding('gzip'));
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
