import type { Transform } from 'node:stream';
import { type ContentCoding, decodePrefix, decoderOf } from './codecs.js';

/** A body in one content coding, which decodes as a whole. */
export interface EncodedChunks {
  readonly coding: ContentCoding;
  readonly chunks: readonly Uint8Array[];
  /** How many bytes it decodes to. */
  readonly decodedLength: number;
}

/** What may be spent on a search at once: some 0.2 s, a decoded or encoded byte being the unit. */
const MAX_SEARCHED = 64 * 1024 * 1024;

/** What a decoder costs besides the bytes, in their unit: some 0.1 ms to make one, 2 µs for each of brotli's blocks. */
const PER_CALL = 32 * 1024;
const PER_CHUNK = 768;

/**
 * How many decoded bytes are there after each chunk, found at once. Node cannot decode step by step without callbacks,
 * so each end takes to decode all that is before it. Of too many only every n-th is looked at, and the others are
 * taken for that before them.
 */
export function chunkEnds({ coding, chunks, decodedLength }: EncodedChunks): number[] {
  const data = Buffer.concat(chunks);
  const places = placesOf(chunks);
  const perByte = 1 + decodedLength / data.byteLength;
  const work = places.reduce(
    (sum, end, index) => sum + end * perByte + index * PER_CHUNK + PER_CALL,
    -data.byteLength * perByte,
  );
  const every = Math.max(1, Math.ceil(work / MAX_SEARCHED));
  let known = 0;
  return places.map((end, index) => {
    if (index === chunks.length - 1 || end === data.byteLength) {
      known = decodedLength;
    } else if (index % every === every - 1 && chunks[index]?.byteLength !== 0) {
      known = Math.max(known, decodePrefix(coding, data.subarray(0, end))?.data.byteLength ?? 0);
    }
    return known;
  });
}

/**
 * The same, all of them and in linear time, by the coding's stream. Where that has other ideas of the data, what
 * `chunkEnds` finds.
 */
export async function streamedChunkEnds(encoded: EncodedChunks): Promise<readonly number[]> {
  const decoder = decoderOf(encoded.coding);
  const ends = decoder && (await endsBy(decoder, encoded.chunks).catch(() => undefined));
  return ends?.at(-1) === encoded.decodedLength ? ends : chunkEnds(encoded);
}

async function endsBy(decoder: Transform, chunks: readonly Uint8Array[]): Promise<number[]> {
  let given = 0;
  decoder.on('data', (data: Uint8Array) => {
    given += data.byteLength;
  });
  // A decoder that fails, or takes the data to be at its end, calls nobody back.
  decoder.on('error', () => {});
  decoder.on('end', () => decoder.destroy());
  const ends: number[] = [];
  try {
    for (const chunk of chunks) {
      if (chunk.byteLength > 0) {
        await written(decoder, chunk);
      }
      ends.push(given);
    }
  } finally {
    decoder.destroy();
  }
  return ends;
}

/** Resolves when everything that the decoder gives for the chunk was given; rejects when there is no decoder left. */
function written(decoder: Transform, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const closed = () => reject(new Error('the decoder was closed'));
    decoder.once('close', closed);
    decoder.write(chunk, () => {
      decoder.off('close', closed);
      // What lies in the stream's buffer is given now, and not in a later turn.
      while (decoder.read() !== null);
      resolve();
    });
  });
}

/** How many encoded bytes are there after each chunk. */
function placesOf(chunks: readonly Uint8Array[]): number[] {
  let place = 0;
  return chunks.map(({ byteLength }) => {
    place += byteLength;
    return place;
  });
}
