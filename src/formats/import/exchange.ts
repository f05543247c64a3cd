import { type HeaderPair, Interaction } from '../../core/interaction.js';
import type { MetadataPair } from '../../core/metadata.js';
import { headMetadata, type ResponseHead, trailerMetadata } from '../../http/response.js';
import type { Fields } from './fields.js';

/** An HTTP exchange as a file of another tool tells it. */
export interface ImportedExchange {
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: readonly HeaderPair[];
  readonly requestBody: Uint8Array;
  readonly head: ResponseHead;
  /** As it goes over the wire. */
  readonly body: Uint8Array;
  readonly trailers?: readonly HeaderPair[];
  readonly metadata?: readonly MetadataPair[];
}

/** @throws TypeError for what HTTP does not allow. */
export function interactionOf(exchange: ImportedExchange): Interaction {
  const { head, body, trailers = [], metadata = [] } = exchange;
  const pairs = headMetadata(head);
  return new Interaction({
    request: requestOf(exchange),
    responseChunks: [{ data: body, sequence: 0, metadata: [...pairs, ...trailerMetadata(trailers)] }],
    metadata,
  });
}

type Asked = Pick<ImportedExchange, 'method' | 'url' | 'requestHeaders' | 'requestBody'>;

/** @throws TypeError for a method or a URL that is none. */
export function requestOf({ method, url, requestHeaders, requestBody }: Asked): Interaction['request'] {
  if (!TOKEN.test(method)) {
    throw new TypeError('its method is no method.');
  }
  return {
    protocol: 'http',
    action: method,
    target: targetOf(url),
    headers: requestHeaders,
    body: requestBody,
  };
}

/** Is it the URL of something else than HTTP, such as `data:` or `chrome-extension:`? */
export function isForeignUrl(url: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(url) && !/^https?:/i.test(url);
}

/** The URL as it goes over the wire: without its fragment. */
function targetOf(url: string): string {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    throw new TypeError('its URL is not an absolute one of http or https.');
  }
  const target = url.replace(/#.*$/s, '');
  return /^[!-~]+$/.test(target) ? target : new URL(target).href;
}

/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110, 5.5. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/**
 * A header that can go over the wire, its value one character a byte.
 *
 * @param path Where it stands, for errors.
 * @throws TypeError for a name or a value that cannot.
 */
export function headerOf(name: string, value: string, path: string): HeaderPair {
  if (!TOKEN.test(name)) {
    throw new TypeError(`${path} has a name that is none of a header.`);
  }
  if (CONTROL.test(value)) {
    throw new TypeError(`${path} has control characters in its value.`);
  }
  return [name, /[\u0100-\uffff]/.test(value) ? Buffer.from(value).toString('latin1') : value];
}

/**
 * The headers of an object by name, or of a list in which names and values alternate.
 *
 * @throws TypeError for anything else.
 */
export function headersOf(fields: Fields, name: string): HeaderPair[] {
  const value = fields.get(name) ?? {};
  const path = fields.at(name);
  if (Array.isArray(value)) {
    if (value.length % 2 !== 0) {
      throw new TypeError(`${path} is no list of names and values in turn.`);
    }
    return Array.from({ length: value.length / 2 }, (_, index) =>
      headerOf(text(value[2 * index], path), text(value[2 * index + 1], path), path),
    );
  }
  if (typeof value !== 'object') {
    throw new TypeError(`${path} is not an object.`);
  }
  return Object.entries(value).flatMap(([header, values]: [string, unknown]) =>
    (Array.isArray(values) ? values : [values]).map((one: unknown) =>
      headerOf(header, text(one, `${path}.${header}`), path),
    ),
  );
}

function text(value: unknown, path: string): string {
  if (typeof value !== 'string' && typeof value !== 'number') {
    throw new TypeError(`${path} is not a text.`);
  }
  return String(value);
}

/**
 * A status that a response ends with.
 *
 * @throws TypeError for one that it cannot be.
 */
export function finalStatus(status: number): number {
  if (!Number.isInteger(status) || status < 200 || status > 999) {
    throw new TypeError('its status is none of a response.');
  }
  return status;
}

/** May a response have a body (RFC 9110, 6.4.1)? */
export function mayHaveBody(method: string, status: number): boolean {
  return method.toUpperCase() !== 'HEAD' && status !== 204 && status !== 304;
}
