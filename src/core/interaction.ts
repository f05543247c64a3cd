import { InteractionValidationError } from './errors.js';
import { fingerprint, type RequestFingerprint } from './fingerprint.js';
import { type MetadataPair, RecordingMetadata } from './metadata.js';
import { isPair } from './pairs.js';

/** A header's name and value; names may repeat, their order is kept. */
export type HeaderPair = readonly [name: string, value: string];

/**
 * What was asked, whatever the protocol. For HTTP: `"http"`, the method, the absolute URL, the headers as ordered
 * pairs, the body's bytes (empty where there is none).
 */
export interface InteractionRequest {
  /** Such as `"http"`. */
  readonly protocol: string;
  /** For HTTP the method. */
  readonly action: string;
  /** For HTTP the absolute URL. */
  readonly target: string;
  /** In their order, names in their case. */
  readonly headers: readonly HeaderPair[];
  /** Empty where there is none. */
  readonly body: Uint8Array;
}

/**
 * A piece of a response. `sequence` counts from 0 without gaps. HTTP's status line and headers ride in the first
 * chunk's metadata, trailers in the last one's.
 */
export interface ResponseChunk {
  /** Its bytes; may be empty. */
  readonly data: Uint8Array;
  /** Its place in the response, from 0. */
  readonly sequence: number;
  /** None where left out. */
  readonly metadata?: readonly MetadataPair[];
}

/** What an Interaction is made of; `fingerprint` is computed where left out. */
export interface InteractionInit {
  /** What was asked. */
  readonly request: InteractionRequest;
  /** A function is called, and what it gives checked, when the chunks are first asked for. */
  readonly responseChunks: readonly ResponseChunk[] | (() => readonly ResponseChunk[]);
  /** Has to be the request's, where given. */
  readonly fingerprint?: string;
  /** How it was recorded; none where left out. */
  readonly metadata?: readonly MetadataPair[];
}

/**
 * A request, its fingerprint, its response in chunks, and metadata. Immutable, its bytes by agreement.
 *
 * @throws InteractionValidationError from the constructor: for a request or chunks that are not well formed, chunks
 * that are missing, do not start at 0 or have gaps, and a fingerprint that is not the request's. Where the chunks come
 * from a function, what is wrong with them is thrown when they are asked for.
 */
export class Interaction {
  /** What was asked. */
  readonly request: InteractionRequest;
  /** That of the request. */
  readonly fingerprint: RequestFingerprint;
  /** The response: at least one chunk. */
  readonly responseChunks!: readonly Required<ResponseChunk>[];
  /** How it was recorded, as pairs. */
  readonly metadata: readonly MetadataPair[];
  /** The part of `metadata` that a Broker reads and writes. */
  readonly recording: RecordingMetadata;

  constructor(init: InteractionInit) {
    this.request = validRequest(init.request);
    Object.defineProperty(this, 'responseChunks', chunksProperty(init.responseChunks));
    this.metadata = validPairs('metadata', init.metadata ?? []);
    this.fingerprint = fingerprint(this.request);
    if (init.fingerprint !== undefined && init.fingerprint !== this.fingerprint) {
      throw new InteractionValidationError(
        'fingerprint',
        `does not match its request (${this.request.action} ${this.request.target}): expected ` +
          `${this.fingerprint}, got ${init.fingerprint}. After editing a request by hand, delete the fingerprint: ` +
          'it is computed anew.',
      );
    }
    this.recording = new RecordingMetadata(this.metadata);
    Object.freeze(this);
  }
}

/** The request, checked and detached from the object it came in. */
export function validRequest(request: InteractionRequest): InteractionRequest {
  if (typeof request !== 'object' || request === null) {
    throw new InteractionValidationError('request', 'is not an object.');
  }
  for (const field of ['protocol', 'action', 'target'] as const) {
    if (typeof request[field] !== 'string') {
      throw new InteractionValidationError(`request.${field}`, 'is not a string.');
    }
  }
  if (!isBytes(request.body)) {
    throw new InteractionValidationError(
      'request.body',
      'is not a Uint8Array; use an empty one for no body.',
    );
  }
  const { protocol, action, target, body } = request;
  return Object.freeze({
    protocol,
    action,
    target,
    headers: validPairs('request.headers', request.headers),
    body,
  });
}

function chunksProperty(chunks: InteractionInit['responseChunks']): PropertyDescriptor {
  if (typeof chunks !== 'function') {
    return { enumerable: true, value: validChunks(chunks) };
  }
  let make: (() => readonly ResponseChunk[]) | undefined = chunks;
  let made: readonly Required<ResponseChunk>[] | undefined;
  const get = () => {
    if (make !== undefined) {
      made = validChunks(make());
      make = undefined;
    }
    return made;
  };
  return { enumerable: true, get };
}

function validChunks(chunks: readonly ResponseChunk[]): readonly Required<ResponseChunk>[] {
  if (!Array.isArray(chunks) || chunks.length === 0) {
    throw new InteractionValidationError('responseChunks', 'are empty; a response has at least one chunk.');
  }
  return Object.freeze(Array.from(chunks, validChunk));
}

/**
 * The chunk, checked against its place in the response.
 *
 * @throws InteractionValidationError for data that is not bytes, and for a `sequence` that is not `index`.
 */
export function validChunk(chunk: ResponseChunk, index: number): Required<ResponseChunk> {
  if (!isBytes(chunk?.data)) {
    throw new InteractionValidationError(`responseChunks[${index}].data`, 'is not a Uint8Array.');
  }
  if (chunk.sequence !== index) {
    throw new InteractionValidationError(
      `responseChunks[${index}].sequence`,
      `is ${String(chunk.sequence)} where ${index} was due; chunks count from 0 without gaps.`,
    );
  }
  const metadata = validPairs(`responseChunks[${index}].metadata`, chunk.metadata ?? []);
  return Object.freeze({ data: chunk.data, sequence: index, metadata });
}

// `instanceof` does not know the arrays of another realm, such as those of a test runner's sandbox.
function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value as Uint8Array)[Symbol.toStringTag] === 'Uint8Array';
}

/**
 * The pairs, checked and detached from the list they came in.
 *
 * @throws InteractionValidationError that names `field`, for what is not a list of pairs of strings.
 */
export function validPairs(field: string, pairs: readonly MetadataPair[]): readonly MetadataPair[] {
  if (!Array.isArray(pairs)) {
    throw new InteractionValidationError(field, 'is not a list of [name, value] pairs.');
  }
  // A loop, because `Array.from` takes three times as long, and `map` passes over holes.
  const valid: MetadataPair[] = [];
  for (let index = 0; index < pairs.length; index++) {
    const pair: unknown = pairs[index];
    if (!isPair(pair)) {
      throw new InteractionValidationError(`${field}[${index}]`, 'is not a [name, value] pair of strings.');
    }
    valid.push(Object.freeze([pair[0], pair[1]] as const));
  }
  return Object.freeze(valid);
}
