import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';

/**
 * How the bytes of a body are compressed (RFC 9110, 8.4.1; br: RFC 7932; zstd: RFC 8878). `deflate` is the zlib format
 * that HTTP means by that name (RFC 1950), `deflate-raw` the bare one (RFC 1951) that some servers send under it.
 */
export type ContentCoding = 'gzip' | 'deflate' | 'deflate-raw' | 'br' | 'zstd';

/** More than this many decoded bytes are not a body that people read, but a decompression bomb. */
export const MAX_DECODED = 128 * 1024 * 1024;

/** How many bytes are compressed at brotli's best and slowest quality, which is its default. */
const MAX_BEST_BROTLI = 16 * 1024;

interface Decompressed {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}
interface Options {
  readonly finishFlush?: number;
  readonly maxOutputLength?: number;
}
interface Codec {
  readonly decode: (data: Uint8Array, options: Options & { readonly info: true }) => Decompressed;
  readonly encode: (data: Uint8Array, options: Options) => Buffer;
  readonly decoder: (options: { readonly flush: number; readonly chunkSize: number }) => Transform;
  /** The operation that makes a codec give everything it has, without ending the data. */
  readonly flush: number;
}

const { constants } = zlib;

/** Node has zstd from 22.15 on; the types are those of Node 20. */
const { zstdCompressSync, zstdDecompressSync, createZstdDecompress } = zlib as {
  readonly zstdCompressSync?: Codec['encode'];
  readonly zstdDecompressSync?: Codec['decode'];
  readonly createZstdDecompress?: Codec['decoder'];
};
const ZSTD_FLUSH = 1;

// With `info` the functions give the buffer and the engine, which their types do not say.
const CODECS: Readonly<Record<ContentCoding, Codec | undefined>> = {
  gzip: codec(zlib.gunzipSync, zlib.gzipSync, zlib.createGunzip, constants.Z_SYNC_FLUSH),
  deflate: codec(zlib.inflateSync, zlib.deflateSync, zlib.createInflate, constants.Z_SYNC_FLUSH),
  'deflate-raw': codec(
    zlib.inflateRawSync,
    zlib.deflateRawSync,
    zlib.createInflateRaw,
    constants.Z_SYNC_FLUSH,
  ),
  br: codec(
    zlib.brotliDecompressSync,
    compressBrotli,
    zlib.createBrotliDecompress,
    constants.BROTLI_OPERATION_FLUSH,
  ),
  zstd:
    zstdDecompressSync &&
    zstdCompressSync &&
    createZstdDecompress &&
    codec(zstdDecompressSync, zstdCompressSync, createZstdDecompress, ZSTD_FLUSH),
};

function codec(decode: unknown, encode: unknown, decoder: Codec['decoder'], flush: number): Codec {
  return { decode: decode as Codec['decode'], encode: encode as Codec['encode'], decoder, flush };
}

/** The default quality, with which a body often comes back as it was, takes seconds for each megabyte. */
function compressBrotli(data: Uint8Array, options: Options): Buffer {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 5 };
  return zlib.brotliCompressSync(data, data.byteLength > MAX_BEST_BROTLI ? { ...options, params } : options);
}

/** Has this Node the codec? All have all but zstd, which came with 22.15. */
export function isSupported(coding: ContentCoding): boolean {
  return CODECS[coding] !== undefined;
}

/**
 * Data in a content coding.
 *
 * @param complete False: it lacks its end, so that a decoder gives all of it and misses the end.
 * @returns Undefined where this Node lacks the codec.
 */
export function encodeWhole(
  coding: ContentCoding,
  data: Uint8Array,
  complete: boolean,
): Uint8Array | undefined {
  const codec = CODECS[coding];
  return codec && plain(codec.encode(data, complete ? {} : { finishFlush: codec.flush }));
}

/**
 * What encoded data decodes to, and whether its end was there.
 *
 * @returns Undefined for data that is not of the coding, or goes on after its end; for more than `MAX_DECODED`; and
 * where this Node lacks the codec.
 */
export function decodeWhole(
  coding: ContentCoding,
  data: Uint8Array,
): { readonly data: Uint8Array; readonly complete: boolean } | undefined {
  // A byte too many is left over only where the data has an end. Nothing else tells that of every codec: Node 22's
  // zstd takes data that is cut off for whole, and gunzip leaves zeros after the end unmentioned.
  const withOneMore = decodePrefix(coding, Buffer.concat([data, new Uint8Array(1)]));
  if (withOneMore !== undefined && withOneMore.used <= data.byteLength) {
    return withOneMore.used === data.byteLength ? { data: withOneMore.data, complete: true } : undefined;
  }
  const cutOff = decodePrefix(coding, data);
  return cutOff?.used === data.byteLength ? { data: cutOff.data, complete: false } : undefined;
}

/** What a decoder gives for the beginning of encoded data, and how much of that it took; undefined where it fails. */
export function decodePrefix(
  coding: ContentCoding,
  prefix: Uint8Array,
): { readonly data: Uint8Array; readonly used: number } | undefined {
  const codec = CODECS[coding];
  try {
    const result = codec?.decode(prefix, {
      info: true,
      finishFlush: codec.flush,
      maxOutputLength: MAX_DECODED,
    });
    return result && { data: plain(result.buffer), used: result.engine.bytesWritten };
  } catch {
    return undefined;
  }
}

/**
 * A stream that gives all it can of what was written to it, before it calls back for that write.
 *
 * @returns Undefined where this Node lacks the codec.
 */
export function decoderOf(coding: ContentCoding): Transform | undefined {
  const codec = CODECS[coding];
  return codec?.decoder({ flush: codec.flush, chunkSize: 64 * 1024 });
}

/** A view of a Buffer's bytes that is no Buffer. */
export function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
