import { Readable } from 'node:stream';
import type { HeaderPair } from '../../core/interaction.js';
import { encodeForm, FORM_CONTENT_TYPE, isFormData } from './form-data.js';
import { Interrupt } from './interrupt.js';
import { RequestAbortedError } from './request-aborted-error.js';

const NO_BYTES = new Uint8Array();

/** A request body that was read, and what to send in its place so that the upstream notices nothing. */
export interface ReadBody {
  readonly bytes: Uint8Array;
  /** What undici adds to the headers by itself, where the program named no `content-type`. */
  readonly contentType?: string | undefined;
  /** A body of the same kind as the one that was read. */
  readonly again: unknown;
}

/** Is it something that undici takes for a body, and that has to be read? */
export function isReadableBody(body: unknown): boolean {
  return isFormData(body) || isBlob(body) || isStream(body) || isSyncIterable(body) || isAsyncIterable(body);
}

/** The bytes of a body that lie there already; undefined for one that has to be read. */
export function immediateBytes(body: unknown): Uint8Array | undefined {
  if (body === null || body === undefined) {
    return NO_BYTES;
  }
  if (typeof body === 'string') {
    return new TextEncoder().encode(body);
  }
  if (body instanceof ArrayBuffer) {
    return new Uint8Array(body.slice(0));
  }
  if (ArrayBuffer.isView(body)) {
    return Buffer.from(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  }
  return undefined;
}

/**
 * Reads a body to its end.
 *
 * @param stop Ends the reading: with its reason, and with the body destroyed.
 * @throws Whatever the body throws; TypeError for something that is no body, or a chunk that is none.
 */
export async function readBody(body: unknown, stop: Interrupt): Promise<ReadBody> {
  const bytes = immediateBytes(body);
  if (bytes !== undefined) {
    return { bytes, again: body };
  }
  if (isFormData(body)) {
    return { bytes: await encodeForm(body), contentType: FORM_CONTENT_TYPE, again: body };
  }
  if (isBlob(body)) {
    return { bytes: await blobBytes(body), contentType: body.type || undefined, again: body };
  }
  if (isStream(body)) {
    // Length first: undici sends a `content-length` for a stream that has been filled and ended, as it looks here.
    const whole = hasKnownLength(body);
    const chunks = await collectStream(body, stop);
    return { bytes: concatenated(chunks), again: streamOf(chunks, whole) };
  }
  if (isSyncIterable(body)) {
    const chunks = [...body];
    return { bytes: concatenated(chunks), again: chunks.values() };
  }
  if (isAsyncIterable(body)) {
    const chunks = await collectIterable(body, stop);
    return { bytes: concatenated(chunks), again: asyncValues(chunks) };
  }
  throw new TypeError(
    'body must be a string, a Buffer, a Readable stream, an iterable, or an async iterable',
  );
}

/** Told of a body that was sent: what it was, or undefined where it was not sent to its end. */
type Known = (read: Omit<ReadBody, 'again'> | undefined) => void;

/**
 * Listens to a body while it is sent.
 *
 * @param known Called once.
 * @param ahead How long the body is, where it is read from now on: a request that is given up before it is sent is known
 * then, too.
 * @returns What to send in the body's place; often the body itself.
 */
export function tapBody(body: unknown, known: Known, ahead?: number): unknown {
  const bytes = immediateBytes(body);
  if (bytes !== undefined) {
    known({ bytes });
    return body;
  }
  if (isFormData(body) || isBlob(body)) {
    // Reading these does not use them up, so the original is what is sent.
    readBody(body, new Interrupt()).then(known, () => known(undefined));
    return body;
  }
  if (isStream(body)) {
    tapStream(body, known);
    return body;
  }
  if (isSyncIterable(body)) {
    return tapSync(body, known);
  }
  if (!isAsyncIterable(body)) {
    return body;
  }
  return ahead === undefined ? tapAsync(body, known) : tapAhead(body, known, ahead);
}

/** Reads what nobody will send any more of a body that `tapBody` gave, so that it is known whole. Never rejects. */
export async function drainBody(body: unknown): Promise<void> {
  if (!isStream(body) && (isAsyncIterable(body) || isIterator(body))) {
    try {
      for await (const _ of body);
    } catch {
      // The body's own failure: then nobody will know it whole.
    }
  }
}

/** The request's headers as they were sent, with the `content-type` that undici takes from the body. */
export function sentHeaders(
  headers: readonly HeaderPair[],
  contentType: string | undefined,
): readonly HeaderPair[] {
  return contentType === undefined || headers.some(([name]) => name.toLowerCase() === 'content-type')
    ? headers
    : [...headers, ['content-type', contentType]];
}

/** Collects what passes. What undici will refuse passes as well, and is then no body that was sent. */
class Tap {
  readonly #known: Known;
  #chunks: Uint8Array[] | undefined = [];
  #done = false;

  constructor(known: Known) {
    this.#known = known;
  }

  take(chunk: unknown): void {
    const bytes = chunkBytes(chunk);
    if (bytes === undefined) {
      this.#chunks = undefined;
    } else {
      this.#chunks?.push(bytes);
    }
  }

  finish(ended: boolean): void {
    if (!this.#done) {
      this.#done = true;
      this.#known(ended && this.#chunks ? { bytes: Buffer.concat(this.#chunks) } : undefined);
    }
  }
}

function tapStream(body: Readable, known: Known): void {
  const tap = new Tap(known);
  if (body.readableEnded || body.destroyed) {
    tap.finish(body.readableEnded);
    return;
  }
  const emit = body.emit;
  // Not a listener: a listener for `data` would set the stream flowing.
  body.emit = function tapped(this: Readable, event: string | symbol, ...args: unknown[]) {
    if (event === 'data') {
      tap.take(args[0]);
    } else if (event === 'end' || event === 'error' || event === 'close') {
      tap.finish(event === 'end');
    }
    return Reflect.apply(emit, this, [event, ...args]);
  };
}

function* tapSync(body: Iterable<unknown>, known: Known) {
  const tap = new Tap(known);
  let ended = false;
  try {
    for (const chunk of body) {
      tap.take(chunk);
      yield chunk;
    }
    ended = true;
  } finally {
    tap.finish(ended);
  }
}

async function* tapAsync(body: AsyncIterable<unknown>, known: Known) {
  const tap = new Tap(known);
  let ended = false;
  try {
    for await (const chunk of body) {
      tap.take(chunk);
      yield chunk;
    }
    ended = true;
  } finally {
    tap.finish(ended);
  }
}

function tapAhead(body: AsyncIterable<unknown>, known: Known, length: number): AsyncIterable<unknown> {
  const chunks = collectIterable(body, new Interrupt());
  chunks.then(concatenated).then(
    // The body of a fetch that is aborted meanwhile ends before its end.
    (bytes) => known(bytes.byteLength === length ? { bytes } : undefined),
    () => known(undefined),
  );
  return relayed(chunks);
}

async function* relayed(chunks: Promise<readonly unknown[]>) {
  yield* await chunks;
}

function collectStream(body: Readable, stop: Interrupt): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const chunks: unknown[] = [];
    const end = (reason: unknown) => {
      reject(reason);
      body.on('error', () => {}).destroy(reason as Error);
    };
    if (body.readableEnded) {
      resolve(chunks);
    } else if (body.destroyed) {
      reject(body.errored ?? new RequestAbortedError());
    } else if (stop.raised !== undefined) {
      end(stop.raised.reason);
    } else {
      stop.onRaise(end);
      body
        .on('data', (chunk: unknown) => chunks.push(chunk))
        .on('end', () => resolve(chunks))
        .on('error', reject)
        .on('close', () => reject(new RequestAbortedError()));
    }
  });
}

function collectIterable(body: AsyncIterable<unknown>, stop: Interrupt): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const iterator = body[Symbol.asyncIterator]();
    const chunks: unknown[] = [];
    const end = (reason: unknown) => {
      reject(reason);
      iterator.return?.()?.then(undefined, () => {});
    };
    const take = ({ done, value }: IteratorResult<unknown>) => {
      if (stop.raised !== undefined) {
        return;
      }
      if (done) {
        resolve(chunks);
      } else {
        chunks.push(value);
        next();
      }
    };
    const next = () => {
      Promise.resolve(iterator.next()).then(take).catch(end);
    };
    stop.onRaise(end);
    next();
  });
}

function streamOf(chunks: readonly unknown[], whole: boolean): Readable {
  if (!whole) {
    return Readable.from(asyncValues(chunks), { objectMode: false });
  }
  const stream = new Readable({ read() {} });
  for (const chunk of chunks) {
    stream.push(chunk);
  }
  stream.push(null);
  return stream;
}

async function* asyncValues<T>(values: Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* values;
}

function concatenated(chunks: readonly unknown[]): Uint8Array {
  const pieces = chunks.map((chunk) => {
    const bytes = chunkBytes(chunk);
    if (bytes === undefined) {
      throw new TypeError('a chunk of the request body is neither a string nor bytes');
    }
    return bytes;
  });
  const [only] = pieces;
  return only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces);
}

function chunkBytes(chunk: unknown): Uint8Array | undefined {
  return chunk === null || chunk === undefined ? undefined : immediateBytes(chunk);
}

function hasKnownLength(body: Readable): boolean {
  body.read(0);
  const state = (body as { _readableState?: { ended?: boolean; objectMode?: boolean; length?: number } })
    ._readableState;
  return state?.objectMode === false && state.ended === true && Number.isFinite(state.length);
}

function isStream(body: unknown): body is Readable {
  const { pipe, on } = (body ?? {}) as { pipe?: unknown; on?: unknown };
  return typeof body === 'object' && typeof pipe === 'function' && typeof on === 'function';
}

export function isBlob(body: unknown): body is Blob {
  const tag = (body as { [Symbol.toStringTag]?: unknown } | null)?.[Symbol.toStringTag];
  return body instanceof Blob || ((tag === 'Blob' || tag === 'File') && typeof body === 'object');
}

async function blobBytes(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer());
}

function isSyncIterable(body: unknown): body is Iterable<unknown> {
  return typeof (body as Iterable<unknown> | null)?.[Symbol.iterator] === 'function';
}

function isIterator(body: unknown): body is IterableIterator<unknown> {
  return isSyncIterable(body) && typeof (body as Partial<Iterator<unknown>>).next === 'function';
}

function isAsyncIterable(body: unknown): body is AsyncIterable<unknown> {
  return typeof (body as AsyncIterable<unknown> | null)?.[Symbol.asyncIterator] === 'function';
}
