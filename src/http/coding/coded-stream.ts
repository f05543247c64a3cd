import { deflateRawSync, deflateSync, gzipSync, constants as zlibConstants } from 'node:zlib';
import type { ContentCoding } from './codecs.js';

/** How a compressed format is written piece by piece, each of them whole for a decoder at its end. */
interface Format {
  /** What stands before the first piece. */
  readonly head: (data: Uint8Array) => Uint8Array;
  /** `first` where no piece was written before. */
  readonly piece: (piece: Uint8Array, first: boolean) => Uint8Array;
  /** What stands after the last piece; `first` where there was none. */
  readonly end: (data: Uint8Array, first: boolean) => Uint8Array;
}

/**
 * Chunks in a content coding such that after each encoded chunk a decoder has given the chunks up to there: no more,
 * no less. Needs no codec of Node's for br and zstd, whose blocks are then stored and not compressed.
 *
 * @param complete False: the encoded data lacks its end, so that a decoder misses it.
 */
export function encodeStream(
  coding: ContentCoding,
  chunks: readonly Uint8Array[],
  complete: boolean,
): Uint8Array[] {
  const format = FORMATS[coding];
  const whole = Buffer.concat(chunks);
  let isFirst = true;
  const encoded = chunks.map((chunk) => {
    if (chunk.byteLength === 0) {
      return new Uint8Array();
    }
    const piece = format.piece(chunk, isFirst);
    const bytes = isFirst ? joined(format.head(whole), piece) : joined(piece);
    isFirst = false;
    return bytes;
  });
  if (!complete) {
    return encoded;
  }
  const end = isFirst ? joined(format.head(whole), format.end(whole, true)) : format.end(whole, false);
  return encoded.map((bytes, index) => (index === encoded.length - 1 ? joined(bytes, end) : bytes));
}

/** Bytes of this realm's own, and no Buffer. */
function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

// A piece ends on a byte and refers to nothing before it (RFC 1951, 3.2.3, 3.2.4: an empty stored block at its end).
// The end is an empty last block. The head and the check values are those that zlib writes for the same data.
function deflated(headLength: number, checkLength: number, stored: (data: Uint8Array) => Uint8Array): Format {
  return {
    head: () => stored(new Uint8Array()).subarray(0, headLength),
    piece: (piece) => deflateRawSync(piece, { finishFlush: zlibConstants.Z_SYNC_FLUSH }),
    end: (data) => joined(Uint8Array.of(3, 0), stored(data).subarray(-checkLength)),
  };
}

const FORMATS: Readonly<Record<ContentCoding, Format>> = {
  // RFC 1952, 2.3: ten bytes before the data; CRC-32 and length after it.
  gzip: deflated(10, 8, (data) => gzipSync(data, { level: 0 })),
  // RFC 1950, 2.2: two bytes before the data, Adler-32 after it.
  deflate: deflated(2, 4, (data) => deflateSync(data, { level: 0 })),
  'deflate-raw': deflated(0, 0, () => new Uint8Array()),
  // RFC 7932, 9.1 and 9.2. The stream's header, the window size 16, is one bit that is 0; the bit ISLAST is 0, two
  // bits say that the length less one has 16 bits, ISUNCOMPRESSED is 1. The end is ISLAST and ISLASTEMPTY.
  br: {
    head: () => new Uint8Array(),
    piece: (piece, first) =>
      blocks(piece, 1 << 16, (length, index) => {
        const shift = first && index === 0 ? 1 : 0;
        return (((length - 1) << 3) | (1 << 19)) << shift;
      }),
    end: (_data, first) => Uint8Array.of(first ? 6 : 3),
  },
  // RFC 8878, 3.1.1. The frame's header has no content size and no checksum, and a window of 128 KiB, which is also
  // the largest block. A raw block has type 0; the end is an empty last one.
  zstd: {
    head: () => Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38),
    piece: (piece) => blocks(piece, 1 << 17, (length) => length << 3),
    end: () => Uint8Array.of(1, 0, 0),
  },
};

/** Stored blocks, each after a header of three bytes, the least significant first. */
function blocks(
  data: Uint8Array,
  size: number,
  header: (length: number, index: number) => number,
): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let offset = 0; offset < data.byteLength; offset += size) {
    const block = data.subarray(offset, offset + size);
    const head = header(block.byteLength, offset / size);
    parts.push(Uint8Array.of(head & 0xff, (head >> 8) & 0xff, head >> 16), block);
  }
  return joined(...parts);
}
