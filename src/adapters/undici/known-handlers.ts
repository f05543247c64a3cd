import type { Readable } from 'node:stream';
import { multipartBoundary } from '../../http/matching/multipart.js';
import { encodeForm, isFormData } from './form-data.js';
import { requestHeaderPairs } from './headers.js';
import { type DispatchOptions, type Handler, isControllerHandler } from './protocol.js';

/**
 * Is it the handler of undici's fetch (undici 5 to 8, lib/web/fetch/index.js)? It is an object literal with these members;
 * the other handlers are of classes.
 */
export function isFetchHandler(handler: Handler): boolean {
  const takesData = isControllerHandler(handler) ? 'onResponseData' : 'onData';
  return (
    Object.hasOwn(handler, 'abort') && Object.hasOwn(handler, 'body') && Object.hasOwn(handler, takesData)
  );
}

/** Does it copy the bytes that it is given? fetch does, once its body has a stream. */
export function copiesData(handler: Handler): boolean {
  return isFetchHandler(handler) && bodyStream(handler)?.readableLength !== undefined;
}

/** The stream in which undici's handlers of fetch (`body`) and of `request` (`res`) keep what was not read yet. */
export function bodyStream(handler: Handler): Partial<Readable> | undefined {
  const { body, res } = handler as { body?: Partial<Readable> | null; res?: Partial<Readable> | null };
  return body ?? res ?? undefined;
}

/**
 * The options of a fetch with a body that can be sent. Where a dispatcher says `isMockActive`, fetch hands over what its
 * body was made of: strings and bytes as they are, streams, blobs, and a form without the boundary that its
 * `content-type` names.
 */
export function withFetchBody(options: DispatchOptions): DispatchOptions {
  const { body, headers } = options;
  if (!isFormData(body)) {
    return options;
  }
  const type = requestHeaderPairs(headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  return { ...options, body: encoded(body, multipartBoundary(type)) };
}

async function* encoded(form: FormData, boundary: string | undefined): AsyncGenerator<Uint8Array> {
  yield await encodeForm(form, boundary);
}
