import { type ResponseChunk, validPairs } from '../core/interaction.js';
import type { MetadataPair } from '../core/metadata.js';
import { isSamePairs } from '../core/pairs.js';
import { type ContentCoding, isSupported } from '../http/coding/codecs.js';
import { decodeBody, encodeBody } from '../http/coding/content-coding.js';
import { headerValue } from '../http/headers.js';
import { fieldsOf } from '../http/response.js';
import { type BodyForm, base64Form, bodyForm, readBody } from './body-form.js';
import { type MessageJson, messagesJson, readMessagesJson } from './message-json.js';
import { isLengths, isPairs, isRecord } from './shapes.js';
import { type ChunksForm, chunksForm, readChunks } from './text-form.js';

/** How a response's body stands in a cassette: decoded where it was compressed, and by chunks where it is text. */
export type ResponseBodyForm = (BodyForm | ChunksForm) & {
  /** The content codings of the wire, in the order of their application; a list where there are several. */
  readonly encoding?: ContentCoding | readonly ContentCoding[];
  /** False where the compressed data was cut off. */
  readonly complete?: false;
};

/** A response as it stands in a cassette file. */
export interface ResponseJson {
  readonly metadata: readonly MetadataPair[];
  /** What was said on a WebSocket, in the place of body and chunks. */
  readonly messages?: readonly MessageJson[];
  readonly body?: ResponseBodyForm;
  /** The lengths of the chunks in bytes, where there are several and the body does not show them. */
  readonly chunks?: readonly number[];
  /** The metadata of the chunks after the first, by chunk; only of those that have any. */
  readonly chunkMetadata?: Readonly<Record<string, readonly MetadataPair[]>>;
}

/** A chunk, before its content codings or after. */
interface Piece {
  readonly data: Uint8Array;
  readonly metadata: readonly MetadataPair[];
}

/**
 * Headers and trailers that speak of the very bytes of the wire: digests of them (RFC 9530, RFC 3230, RFC 1864, and
 * those of storages), or a place in them (RFC 9110, 14.4).
 */
const VOUCHING =
  /^(?:content-digest|repr-digest|digest|content-md5|content-range|x-amz-checksum-.*|x-goog-hash|x-ms-blob-content-md5|x-ms-content-crc64)$/i;

/** A response with its body in the most readable form. */
export function readableResponse(chunks: readonly Required<ResponseChunk>[]): ResponseJson {
  const messages = messagesJson(chunks);
  if (messages !== undefined) {
    return { metadata: chunks[0]?.metadata ?? [], messages };
  }
  const headers = fieldsOf('header', chunks);
  const contentType = headerValue(headers, 'content-type');
  const vouched = [...headers, ...fieldsOf('trailer', chunks)].some(([name]) => VOUCHING.test(name));
  const decoded = vouched
    ? undefined
    : decodeBody(
        chunks.map(({ data }) => data),
        headers,
      );
  if (decoded !== undefined) {
    const pieces = decoded.chunks.map((data, index) => ({ data, metadata: chunks[index]?.metadata ?? [] }));
    const { codings, complete } = decoded;
    const coded = {
      encoding: codings.length === 1 ? (codings[0] as ContentCoding) : codings,
      ...(!complete && { complete: false as const }),
    };
    const json = responseJson(withoutEmpty(pieces), (data) => ({ ...coded, ...readable(data, contentType) }));
    if (json.body !== undefined && !('base64' in json.body)) {
      return json;
    }
  }
  return responseJson(chunks, (pieces) => readable(pieces, contentType));
}

/** A response with its body in the form that always fits. */
export function base64Response(chunks: readonly Required<ResponseChunk>[]): ResponseJson {
  return responseJson(chunks, (pieces) => base64Form(Buffer.concat(pieces)));
}

function readable(pieces: readonly Uint8Array[], contentType: string | undefined): ResponseBodyForm {
  const form = bodyForm(Buffer.concat(pieces), contentType);
  const byChunks =
    pieces.length > 1 && 'text' in form ? chunksForm(pieces, form.charset ?? 'utf-8') : undefined;
  return byChunks ?? form;
}

function responseJson(
  pieces: readonly Piece[],
  form: (pieces: readonly Uint8Array[]) => ResponseBodyForm,
): ResponseJson {
  const data = pieces.map((piece) => piece.data);
  const isEmpty = data.every(({ byteLength }) => byteLength === 0);
  const body = isEmpty ? undefined : form(data);
  const showsChunks = body !== undefined && 'chunks' in body;
  const later = pieces.flatMap(({ metadata }, index) =>
    index > 0 && metadata.length > 0 ? [[String(index), metadata] as const] : [],
  );
  return {
    metadata: pieces[0]?.metadata ?? [],
    ...(body !== undefined && { body }),
    ...(pieces.length > 1 && !showsChunks && { chunks: data.map(({ byteLength }) => byteLength) }),
    ...(later.length > 0 && { chunkMetadata: Object.fromEntries(later) }),
  };
}

/** Chunks that decode to nothing, such as a compressed format's head alone, go with their neighbour. */
function withoutEmpty(pieces: readonly Piece[]): readonly Piece[] {
  const kept: Piece[] = [];
  for (const piece of pieces) {
    const last = kept.at(-1);
    if (last?.data.byteLength === 0) {
      kept.splice(-1, 1, { data: piece.data, metadata: [...last.metadata, ...piece.metadata] });
    } else {
      kept.push(piece);
    }
  }
  const last = kept.at(-1);
  return kept.length > 1 && last?.data.byteLength === 0 && last.metadata.length === 0
    ? kept.slice(0, -1)
    : kept;
}

/**
 * Are they the same response? Compressed bodies are where they decode to the same.
 */
export function isSameResponse(a: readonly ResponseChunk[], b: readonly ResponseChunk[]): boolean {
  return isSameOnTheWire(a, b) || isSameDecoded(a, b);
}

function isSameOnTheWire(a: readonly ResponseChunk[], b: readonly ResponseChunk[]): boolean {
  return (
    a.length === b.length &&
    a.every(({ data, metadata = [] }, index) => {
      const other = b[index] as ResponseChunk;
      return Buffer.compare(data, other.data) === 0 && isSamePairs(metadata, other.metadata ?? []);
    })
  );
}

function isSameDecoded(a: readonly ResponseChunk[], b: readonly ResponseChunk[]): boolean {
  const [one, other] = [a, b].map((chunks) => {
    const whole = decodeBody([Buffer.concat(chunks.map(({ data }) => data))], fieldsOf('header', chunks));
    return whole && { ...whole, metadata: JSON.stringify(chunks.flatMap(({ metadata = [] }) => metadata)) };
  });
  return (
    one !== undefined &&
    other !== undefined &&
    one.metadata === other.metadata &&
    one.complete === other.complete &&
    one.codings.join() === other.codings.join() &&
    Buffer.compare(one.chunks[0] as Uint8Array, other.chunks[0] as Uint8Array) === 0
  );
}

/**
 * The chunks of a response that stands in a cassette file, compressed as they were. A body that was edited so that its
 * chunks' lengths no longer add up is one chunk.
 *
 * @throws TypeError, InteractionValidationError for what is not well formed, TypeError where this Node lacks the codec
 * of the body's encoding.
 */
export function readResponseJson(response: Readonly<Record<string, unknown>>): ResponseChunk[] {
  const { messages, body, chunkMetadata = {} } = response;
  const head = headOf(response['metadata']);
  if (messages !== undefined) {
    return withMessages(head, response);
  }
  const sizes = chunkSizes(response['chunks']);
  const later = laterMetadata(chunkMetadata);
  const chunks = isRecord(body) && Object.hasOwn(body, 'chunks') ? readOnlyChunks(body) : undefined;
  const whole = chunks === undefined && body !== undefined ? readBody(body) : () => new Uint8Array();
  const encode = readEncoding(body);
  if (chunks === undefined && sizes !== undefined && [...later.keys()].some((key) => key >= sizes.length)) {
    throw new TypeError('"chunkMetadata" names a chunk that is not there');
  }
  const pieces = chunks?.() ?? cut(whole(), sizes);
  const metadata = new Map<number, MetadataPair[]>();
  for (const [index, pairs] of later) {
    // What an edit left without its chunk, such as trailers, goes with the last one.
    const place = Math.min(index, pieces.length - 1);
    const own = metadata.get(place) ?? (place === 0 ? [...head] : []);
    metadata.set(place, own);
    for (const pair of pairs) {
      own.push(pair);
    }
  }
  return encode(pieces).map((data, sequence) => ({
    data,
    sequence,
    metadata: metadata.get(sequence) ?? (sequence === 0 ? head : []),
  }));
}

/** As it stands: it is copied where chunks are made of it. */
function headOf(metadata: unknown = []): readonly MetadataPair[] {
  return isPairs(metadata)
    ? metadata
    : validPairs('responseChunks[0].metadata', metadata as readonly MetadataPair[]);
}

function withMessages(
  head: readonly MetadataPair[],
  { messages, body, chunks, chunkMetadata }: Readonly<Record<string, unknown>>,
): ResponseChunk[] {
  if (body !== undefined || chunks !== undefined || chunkMetadata !== undefined) {
    throw new TypeError('a response of "messages" has no body besides');
  }
  return [{ data: new Uint8Array(), metadata: head }, ...readMessagesJson(messages)].map(
    (chunk, sequence) => ({
      ...chunk,
      sequence,
    }),
  );
}

function readOnlyChunks(body: Readonly<Record<string, unknown>>): () => readonly Uint8Array[] {
  if (['json', 'text', 'base64', 'form', 'multipart'].some((name) => Object.hasOwn(body, name))) {
    throw new TypeError('a body of "chunks" has no other form besides');
  }
  const read = readChunks(body);
  return () => {
    const pieces = read();
    return pieces.length === 0 ? [new Uint8Array()] : pieces;
  };
}

type Encode = (pieces: readonly Uint8Array[]) => readonly Uint8Array[];

function readEncoding(body: unknown): Encode {
  const { encoding, complete = true } = (isRecord(body) ? body : {}) as {
    encoding?: unknown;
    complete?: unknown;
  };
  if (typeof complete !== 'boolean' || (encoding === undefined && !complete)) {
    throw new TypeError('"complete" is no true or false of an encoded body');
  }
  if (encoding === undefined) {
    return (pieces) => pieces;
  }
  const codings = Array.isArray(encoding) ? encoding : [encoding];
  // As many as undici's fetch accepts; each is a pass over the whole body.
  if (codings.length > 5) {
    throw new TypeError(`"encoding" names ${codings.length} encodings, more than 5`);
  }
  if (codings.length === 0 || !codings.every(isCoding)) {
    throw new TypeError(`unknown "encoding" ${JSON.stringify(encoding)}`);
  }
  return (chunks) => {
    const lacking = codings.find((coding) => !isSupported(coding));
    if (lacking !== undefined) {
      throw new TypeError(
        `its encoding is ${lacking}, which Node ${process.versions.node} lacks; Node 22.15 has it`,
      );
    }
    return encodeBody({ chunks, codings, complete });
  };
}

const CODINGS: readonly unknown[] = [
  'gzip',
  'deflate',
  'deflate-raw',
  'br',
  'zstd',
] satisfies ContentCoding[];

function isCoding(value: unknown): value is ContentCoding {
  return CODINGS.includes(value);
}

/** The metadata of the chunks after the first, in their order. */
function laterMetadata(chunkMetadata: unknown): ReadonlyMap<number, readonly MetadataPair[]> {
  if (!isRecord(chunkMetadata)) {
    throw new TypeError('"chunkMetadata" is not an object');
  }
  return new Map(
    Object.entries(chunkMetadata).map(([key, pairs]) => {
      if (!/^[1-9]\d{0,8}$/.test(key)) {
        throw new TypeError('"chunkMetadata" names a chunk that is not there');
      }
      return [Number(key), validPairs(`responseChunks[${key}].metadata`, pairs as MetadataPair[])];
    }),
  );
}

/** Pieces of these sizes; one piece where they do not add up. */
function cut(data: Uint8Array, sizes: readonly number[] | undefined): readonly Uint8Array[] {
  if (sizes === undefined || sizes.reduce((sum, size) => sum + size, 0) !== data.byteLength) {
    return [data];
  }
  let offset = 0;
  return sizes.map((size) => {
    offset += size;
    return data.subarray(offset - size, offset);
  });
}

function chunkSizes(lengths: unknown): readonly number[] | undefined {
  if (lengths === undefined) {
    return undefined;
  }
  if (!isLengths(lengths)) {
    throw new TypeError('"chunks" is not a list of lengths in bytes');
  }
  return lengths.length === 0 ? undefined : lengths;
}
