import * as zlib from 'node:zlib';
import * as fc from 'fast-check';
import type { Answer, CorpusRequest, Pairs, Piece } from '../../fixtures/corpus/exchange.js';

/** A body, and the headers that speak of it. */
export interface GeneratedBody {
  readonly bytes: Uint8Array;
  readonly headers: Pairs;
  /** The content codings of the bytes; empty where they are as they stand. */
  readonly codings: readonly string[];
}

const utf8 = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'));

/** Characters of a header's value (RFC 9110, 5.5), a byte each. */
const latin1Character = fc.integer({ min: 0x20, max: 0xff }).map((code) => {
  return String.fromCharCode(code >= 0x7f && code <= 0x9f ? 0x61 : code);
});
const headerValue = fc
  .string({ unit: latin1Character, maxLength: 12 })
  .map((value) => value.replace(/^ +| +$/g, ''));
const headerName = fc.oneof(
  fc.constantFrom('x-dup', 'X-Dup', 'X-DUP', 'vary', 'Link', 'etag', 'x-__proto__'),
  fc.stringMatching(/^x-[a-z]{1,6}$/),
);

/** Headers that may repeat, in any order and spelling. */
export const headerPairs: fc.Arbitrary<Pairs> = fc.array(fc.tuple(headerName, headerValue), {
  maxLength: 5,
});

const jsonText = fc
  .tuple(
    fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom('a', '__proto__', '1', '', 'é'), fc.jsonValue())),
    fc.constantFrom<(value: unknown) => string>(
      (value) => JSON.stringify(value),
      (value) => JSON.stringify(value, null, 2),
      (value) => JSON.stringify(value, null, 4),
      (value) => JSON.stringify(value, null, '\t'),
      (value) => `${JSON.stringify(value)}\n`,
      (value) => `${JSON.stringify(value, null, 2)}\n`,
      (value) => JSON.stringify(value).replaceAll(',', ', ').replaceAll(':', ': '),
      (value) => JSON.stringify(value).replaceAll('0', '0.0'),
      (value) => JSON.stringify(value).slice(0, -1),
      (value) => `${JSON.stringify(value)}\n${JSON.stringify(value)}\n`,
    ),
  )
  .map(([value, print]) => print(value));

const words = fc.constantFrom(
  'data: ',
  '\n',
  '\r\n',
  '\r',
  'é',
  '漢',
  '🙂',
  '\ufeff',
  '\u0000',
  '\u2028',
  'a',
  '{',
);
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.array(words, { maxLength: 20 }).map((parts) => parts.join('')),
);

const multipart = fc
  .tuple(
    fc.array(
      fc.tuple(
        fc.constantFrom('', 'Content-Type: text/plain\r\n', 'content-type:application/json\r\nX-A: b\r\n'),
        fc.oneof(text.map(utf8), jsonText.map(utf8), fc.uint8Array({ maxLength: 20 })),
      ),
      { minLength: 1, maxLength: 3 },
    ),
    fc.constantFrom('', '\r\n', 'the end'),
    fc.constantFrom('', 'before\r\n'),
  )
  .map(([parts, epilogue, preamble]) =>
    Buffer.concat([
      Buffer.from(preamble),
      ...parts.flatMap(([head, body]) => [Buffer.from(`--b\r\n${head}\r\n`), body, Buffer.from('\r\n')]),
      Buffer.from(`--b--${epilogue}`),
    ]),
  );

const form = fc.oneof(
  fc
    .array(
      fc.tuple(fc.string({ unit: 'grapheme', maxLength: 5 }), fc.string({ unit: 'grapheme', maxLength: 5 })),
    )
    .map((fields) => new URLSearchParams(fields).toString()),
  fc.constantFrom('a=1&a=2', 'a=%20', 'a', '&', 'a=b=c', 'a=%zz', '%C3%28=1'),
);

/** Bytes, and the content type that they may well have. */
const typed: fc.Arbitrary<readonly [Uint8Array, string]> = fc.oneof(
  jsonText.map((body) => [utf8(body), 'application/json'] as const),
  text.map((body) => [utf8(body), 'text/plain; charset=utf-8'] as const),
  text.map((body) => [utf8(body), 'text/event-stream'] as const),
  text.map(
    (body) => [new Uint8Array(Buffer.from(body, 'latin1')), 'text/plain; charset=iso-8859-1'] as const,
  ),
  text.map((body) => [new Uint8Array(Buffer.from(body, 'utf16le')), 'text/csv; charset=utf-16'] as const),
  text.map(
    (body) => [new Uint8Array(Buffer.from(body, 'utf16le').swap16()), 'text/csv; charset=utf-16be'] as const,
  ),
  form.map((body) => [utf8(body), 'application/x-www-form-urlencoded'] as const),
  multipart.map((body) => [new Uint8Array(body), 'multipart/mixed; boundary=b'] as const),
  fc.uint8Array({ maxLength: 40 }).map((body) => [body, 'application/octet-stream'] as const),
  fc
    .tuple(fc.uint8Array({ maxLength: 8 }), text)
    .map(([noise, body]) => [new Uint8Array(Buffer.concat([utf8(body), noise])), 'text/plain'] as const),
  fc
    .integer({ min: 1, max: 3 })
    .map((n) => [utf8('All work and no play.\n'.repeat(n * 1000)), 'text/plain'] as const),
);

/** Any bytes with any of the types, now and then. */
const mistyped = fc.tuple(typed, typed).map(([[bytes], [, type]]) => [bytes, type] as const);

type Encode = (bytes: Uint8Array) => Uint8Array;
const { zstdCompressSync } = zlib as { zstdCompressSync?: Encode };
const ENCODERS: Readonly<Record<string, Encode>> = {
  gzip: (bytes) => zlib.gzipSync(bytes, { level: 9 }),
  deflate: (bytes) => zlib.deflateSync(bytes, { level: 0 }),
  'deflate-raw': (bytes) => zlib.deflateRawSync(bytes),
  br: (bytes) => zlib.brotliCompressSync(bytes),
  ...(zstdCompressSync && { zstd: zstdCompressSync }),
};
const codings: fc.Arbitrary<readonly string[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant([]) },
  { weight: 3, arbitrary: fc.constantFrom(...Object.keys(ENCODERS)).map((coding) => [coding]) },
  {
    weight: 1,
    arbitrary: fc.array(fc.constantFrom(...Object.keys(ENCODERS)), { minLength: 2, maxLength: 3 }),
  },
);

/** Bodies of every kind, compressed or not. */
export const body: fc.Arbitrary<GeneratedBody> = fc
  .tuple(fc.oneof({ weight: 5, arbitrary: typed }, { weight: 1, arbitrary: mistyped }), codings, fc.boolean())
  .map(([[plain, type], applied, isTyped]) => ({
    bytes: applied.reduce((bytes, coding) => (ENCODERS[coding] as Encode)(bytes), plain),
    headers: [
      ...(isTyped || applied.length > 0 ? [['content-type', type] as const] : []),
      ...(applied.length > 0
        ? [['content-encoding', applied.join(', ').replaceAll('-raw', '')] as const]
        : []),
    ],
    codings: applied,
  }));

/** Where a body of this many bytes is cut. */
export function cuts(length: number): fc.Arbitrary<readonly number[]> {
  return fc
    .uniqueArray(fc.integer({ min: 1, max: Math.max(1, length - 1) }), { maxLength: 5 })
    .map((places) => (length < 2 ? [] : places.toSorted((a, b) => a - b)));
}

/** The pieces between the cuts. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  return [...places, bytes.byteLength].map((end, index) => bytes.slice(places[index - 1] ?? 0, end));
}

const path = fc
  .tuple(
    fc.array(fc.string({ unit: 'grapheme', maxLength: 4 }).map(encodeURIComponent), { maxLength: 3 }),
    fc.oneof(
      fc.constant(''),
      form.map((query) => `?${query}`),
    ),
  )
  .map(([segments, query]) => `/${segments.join('/')}${query}`);

/** A request: its path starts with a slash. */
export const request: fc.Arbitrary<CorpusRequest & { readonly headers: Pairs }> = fc
  .tuple(
    fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'),
    path,
    fc.array(fc.tuple(fc.stringMatching(/^x-[a-z]{1,4}$/), headerValue), { maxLength: 3 }),
    body,
  )
  .map(([method, to, headers, { bytes, headers: about }]) =>
    method === 'GET' || method === 'HEAD'
      ? { method, path: to, headers }
      : { method, path: to, headers: [...headers, ...about], body: bytes },
  );

const status = fc.constantFrom(
  200,
  201,
  202,
  204,
  206,
  300,
  302,
  304,
  400,
  401,
  404,
  409,
  418,
  422,
  500,
  503,
);
const reason = fc.constantFrom(undefined, 'Fine', '', 'It is so');
const trailers = fc.array(fc.tuple(fc.stringMatching(/^x-[a-z]{1,4}$/), headerValue), { maxLength: 2 });

/** An answer that a server can give to a request. */
export function answerTo(method: string): fc.Arbitrary<Answer> {
  return fc.tuple(status, reason, headerPairs, body).chain(([code, phrase, headers, sent]) =>
    fc
      .record({ cut: fc.option(cuts(sent.bytes.byteLength)), trailing: trailers })
      .map(({ cut, trailing }) => {
        const head = { status: code, ...(phrase !== undefined && { reason: phrase }) };
        if (method === 'HEAD' || code === 204 || code === 304) {
          return { ...head, headers };
        }
        const all = { ...head, headers: [...headers, ...sent.headers] };
        // The head of a redirect waits for its body, which then cannot wait for the client.
        if (cut === null || code === 302) {
          return { ...all, body: sent.bytes };
        }
        const pieces = cutAt(sent.bytes, cut).map((wire): Piece => ({ wire, plain: wire.byteLength }));
        return { ...all, pieces, trailers: trailing };
      }),
  );
}
