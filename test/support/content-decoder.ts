import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';

const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Transform };

const CUT_OFF = Buffer.from('[the compressed data has no end]');

/**
 * What a client's decoders give for a body, chunk by chunk; empty where a chunk gives nothing yet. Where the data has no
 * end, a last chunk says so.
 */
export async function decodeChunks(
  chunks: readonly Uint8Array[],
  codings: readonly string[],
): Promise<readonly Uint8Array[]> {
  let decoded = chunks;
  for (const coding of codings.toReversed()) {
    decoded = await decodeOne(decoded, coding);
  }
  return decoded;
}

async function decodeOne(chunks: readonly Uint8Array[], coding: string): Promise<readonly Uint8Array[]> {
  const decoder = decoderOf(coding);
  let given: Uint8Array[] = [];
  decoder.on('data', (part: Uint8Array) => given.push(part));
  const decoded: Uint8Array[] = [];
  for (const chunk of chunks) {
    await new Promise<void>((resolve, reject) => {
      decoder.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
    // Where a chunk gives much, the last of it comes after its callback.
    await new Promise<void>((resolve) => setImmediate(resolve));
    decoded.push(Buffer.concat(given));
    given = [];
  }
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    decoder.on('error', resolve).on('end', resolve).end();
  });
  if (error !== undefined) {
    if (error.code !== 'Z_BUF_ERROR') {
      throw error;
    }
    given.push(CUT_OFF);
  }
  return given.length === 0 ? decoded : [...decoded, Buffer.concat(given)];
}

function decoderOf(coding: string): Transform {
  switch (coding) {
    case 'gzip':
      return zlib.createGunzip();
    case 'deflate':
      return zlib.createInflate();
    case 'deflate-raw':
      return zlib.createInflateRaw();
    case 'br':
      return zlib.createBrotliDecompress();
    case 'zstd':
      if (createZstdDecompress !== undefined) {
        return createZstdDecompress();
      }
  }
  throw new Error(`no decoder for ${coding}`);
}
