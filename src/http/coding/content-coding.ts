import type { HeaderPair } from '../../core/interaction.js';
import { chunkEnds, type EncodedChunks, streamedChunkEnds } from './chunk-ends.js';
import { ChunksMemo } from './chunks-memo.js';
import { type ContentCoding, decodeWhole, encodeWhole, isSupported, MAX_DECODED, plain } from './codecs.js';
import { encodeStream } from './coded-stream.js';

/** A body without its content codings. */
export interface DecodedBody {
  /**
   * What each encoded chunk adds to what a decoder has given, one for one; empty where it adds nothing. Where that was
   * not prepared, and finding it out would take too long, some are empty and their bytes are in the next that is not.
   */
  readonly chunks: readonly Uint8Array[];
  /** In the order in which they were applied, as in `content-encoding`; at least one. */
  readonly codings: readonly ContentCoding[];
  /** False where the encoded data was cut off: a decoder gives these chunks and then misses the end. */
  readonly complete: boolean;
}

/** As many as undici's fetch accepts. */
const MAX_CODINGS = 5;

/** By the codings: what several chunks decode to. One alone is quickly decoded, and may be a caller's own buffer. */
const memo = new ChunksMemo<DecodedBody | undefined>();

/** Does a `content-encoding` other than `identity` stand in the headers? */
export function isEncoded(headers: readonly HeaderPair[]): boolean {
  return codingNames(headers).length > 0;
}

/**
 * The content codings that the headers name, in the order of their application; undefined where nobody knows one of
 * them, or there are more than are undone.
 */
export function codingsOf(headers: readonly HeaderPair[]): readonly ContentCoding[] | undefined {
  const names = codingNames(headers);
  return names.length <= MAX_CODINGS && names.every(isCodingName) ? names : undefined;
}

/** More encoded data than this is not looked at by `isBroken`: whoever decodes it has come upon the error before. */
const MAX_LOOKED_AT = 128 * 1024;

/** Is it data that does not fit its `content-encoding`, so that whoever decodes it gets an error? */
export function isBroken(chunks: readonly Uint8Array[], headers: readonly HeaderPair[]): boolean {
  return (
    isEncoded(headers) &&
    chunks.reduce((sum, { byteLength }) => sum + byteLength, 0) <= MAX_LOOKED_AT &&
    decodableNames(chunks, headers) !== undefined &&
    // As one chunk: where each of them ends does not matter here, and takes long to find at once.
    decodeBody([Buffer.concat(chunks)], headers) === undefined
  );
}

/**
 * A body as it stands before its content codings. What was prepared, decoded before, or made by `encodeBody` is known
 * by its chunks, and not decoded again.
 *
 * @param chunks The encoded body, as it goes over the wire.
 * @param headers Those of its message.
 * @returns Undefined where there is no `content-encoding` or no data; for a coding that nobody knows or that this Node
 * lacks; for data that is not of the coding, or goes on after its end; and for more than 128 MiB.
 */
export function decodeBody(
  chunks: readonly Uint8Array[],
  headers: readonly HeaderPair[],
): DecodedBody | undefined {
  const names = decodableNames(chunks, headers);
  if (names === undefined) {
    return undefined;
  }
  const known = memo.get(chunks, names.join());
  if (known !== undefined) {
    return known.value;
  }
  const layers = decoding(chunks, names);
  let layer = layers.next();
  while (!layer.done) {
    layer = layers.next(chunkEnds(layer.value));
  }
  remember(chunks, names, layer.value);
  return layer.value;
}

/**
 * Finds out in the background, and in linear time, what `decodeBody` will give for these very chunks: then it knows
 * what each of them adds, however many there are.
 *
 * @returns Undefined where there is nothing to find out: one chunk, no `content-encoding`, none that can be decoded.
 */
export function prepareDecoding(
  chunks: readonly Uint8Array[],
  headers: readonly HeaderPair[],
): Promise<void> | undefined {
  const names = chunks.length > 1 ? decodableNames(chunks, headers) : undefined;
  return names === undefined || memo.get(chunks, names.join()) !== undefined
    ? undefined
    : prepare(chunks, names);
}

async function prepare(chunks: readonly Uint8Array[], names: readonly CodingName[]): Promise<void> {
  const layers = decoding(chunks, names);
  let layer = layers.next();
  while (!layer.done) {
    layer = layers.next(await streamedChunkEnds(layer.value));
  }
  remember(chunks, names, layer.value);
}

/** Undoes one coding after the other. It asks for the ends of the decoded chunks, which are found in two ways. */
function* decoding(
  chunks: readonly Uint8Array[],
  names: readonly CodingName[],
): Generator<EncodedChunks, DecodedBody | undefined, readonly number[]> {
  let decoded: DecodedBody = { chunks, codings: [], complete: true };
  for (const name of names.toReversed()) {
    const data = Buffer.concat(decoded.chunks);
    const coding = codingOf(name, data);
    const whole = decodeWhole(coding, data);
    if (whole === undefined) {
      return undefined;
    }
    const ends = yield { coding, chunks: decoded.chunks, decodedLength: whole.data.byteLength };
    decoded = {
      chunks: split(whole.data, ends),
      codings: [coding, ...decoded.codings],
      complete: decoded.complete && whole.complete,
    };
  }
  return decoded;
}

function remember(
  chunks: readonly Uint8Array[],
  names: readonly CodingName[],
  decoded: DecodedBody | undefined,
): void {
  if (chunks.length > 1) {
    memo.set(chunks, names.join(), decoded);
  }
}

/**
 * A body with its content codings: as many chunks as the decoded body has, and after each of them a decoder has given
 * the decoded chunks up to there, no more and no less. The encoded bytes need not be those that were decoded.
 * Where `complete` is false they lack their end.
 */
export function encodeBody(decoded: DecodedBody): Uint8Array[] {
  const { chunks, codings, complete } = decoded;
  const encoded = codings.reduce<Uint8Array[]>(
    (pieces, coding) => encodeOne(coding, pieces, complete),
    chunks.map(plain),
  );
  const length = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (codings.every(isSupported) && length <= MAX_DECODED) {
    remember(encoded, codings.map(nameOf), decoded);
  }
  return encoded;
}

function encodeOne(coding: ContentCoding, chunks: readonly Uint8Array[], complete: boolean): Uint8Array[] {
  const filled = chunks.flatMap(({ byteLength }, index) => (byteLength > 0 ? [index] : []));
  const only = filled[0] ?? 0;
  const whole =
    filled.length > 1 ? undefined : encodeWhole(coding, chunks[only] ?? new Uint8Array(), complete);
  return whole === undefined
    ? encodeStream(coding, chunks, complete)
    : chunks.map((_, index) => (index === only ? whole : new Uint8Array()));
}

/** A coding as it stands in `content-encoding`. */
type CodingName = Exclude<ContentCoding, 'deflate-raw'>;

/** Undefined where there is nothing that can be decoded. */
function decodableNames(
  chunks: readonly Uint8Array[],
  headers: readonly HeaderPair[],
): readonly CodingName[] | undefined {
  const names = codingNames(headers);
  return names.length > 0 &&
    names.length <= MAX_CODINGS &&
    names.every(isCodingName) &&
    names.every(isSupported) &&
    chunks.some(({ byteLength }) => byteLength > 0)
    ? names
    : undefined;
}

/** The codings that the headers name, in lower case, in the order of their application (RFC 9110, 8.4). */
function codingNames(headers: readonly HeaderPair[]): string[] {
  return headers
    .filter(([name]) => name.toLowerCase() === 'content-encoding')
    .flatMap(([, value]) => value.split(','))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity')
    .map((name) => (name === 'x-gzip' ? 'gzip' : name));
}

function isCodingName(name: string): name is CodingName {
  return name === 'gzip' || name === 'deflate' || name === 'br' || name === 'zstd';
}

function nameOf(coding: ContentCoding): CodingName {
  return coding === 'deflate-raw' ? 'deflate' : coding;
}

function codingOf(name: CodingName, data: Uint8Array): ContentCoding {
  // The compression method in the zlib format's first byte is 8 (RFC 1950, 2.2); undici tells them apart by it.
  return name === 'deflate' && ((data[0] ?? 0) & 0x0f) !== 8 ? 'deflate-raw' : name;
}

function split(data: Uint8Array, ends: readonly number[]): Uint8Array[] {
  return ends.map((end, index) => data.slice(ends[index - 1] ?? 0, end));
}
