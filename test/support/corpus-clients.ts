import * as undici from 'undici';
import type { CorpusRequest, Pairs } from '../../fixtures/corpus/exchange.js';

/** What a program saw of a response. */
export interface Seen {
  readonly status: number;
  readonly statusText: string;
  /** The path and query that answered, after redirects. */
  readonly path: string;
  readonly headers: Pairs;
  readonly chunks: readonly Uint8Array[];
  readonly trailers: unknown;
  readonly hints: unknown;
}

/** Told how many bytes of the body were read, before more of them are. */
export type Read = (bytes: number) => void | Promise<void>;

/** Something that sends requests. */
export interface Client {
  readonly name: string;
  readonly followsRedirects: boolean;
  /** The content codings that it decodes by itself. */
  readonly decodes: readonly string[];
  /** Sends a request and reads the response to its end. */
  readonly send: (url: string, request: CorpusRequest, read: Read) => Promise<Seen>;
}

const isNode24 = Number.parseInt(process.versions.node, 10) >= 24;

/** The client of the web's standard. */
const fetchClient: Client = {
  name: 'fetch',
  followsRedirects: true,
  decodes: ['gzip', 'deflate', 'deflate-raw', 'br', ...(isNode24 ? ['zstd'] : [])],
  send: async (url, request, read) => {
    const { method = 'GET', path = '/', headers = [], body, fields } = request;
    const response = await fetch(url + path, {
      method,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      body: fields === undefined ? (body ?? null) : form(new FormData(), fields),
    });
    const { pathname, search } = new URL(response.url);
    return {
      status: response.status,
      statusText: response.statusText,
      path: pathname + search,
      headers: [...response.headers],
      chunks: await readAll(response.body ?? [], read),
      trailers: {},
      hints: [],
    };
  },
};

/** What undici 7 can send: with its own it sends nothing from Node 24 on, the built-in one fails on Node 20. */
const FormDataForUndici = isNode24 ? (FormData as unknown as typeof undici.FormData) : undici.FormData;

/** undici's own, which shows headers and bytes as they came. */
const requestClient: Client = {
  name: 'undici.request',
  followsRedirects: false,
  decodes: [],
  send: async (url, request, read) => {
    const { method = 'GET', path = '/', headers = [], body, fields } = request;
    const hints: unknown[] = [];
    const isFields = body instanceof URLSearchParams;
    const type: Pairs = isFields ? [['content-type', 'application/x-www-form-urlencoded']] : [];
    const bytes = isFields ? body.toString() : (body ?? null);
    const response = await undici.request(url + path, {
      method: method as undici.Dispatcher.HttpMethod,
      headers: [...headers, ...type].flat(),
      body: fields === undefined ? bytes : form(new FormDataForUndici(), fields),
      responseHeaders: 'raw',
      onInfo: ({ statusCode, headers: hinted }) => hints.push([statusCode, hinted]),
    });
    const raw = response.headers as unknown as readonly string[];
    return {
      status: response.statusCode,
      statusText: response.statusText,
      path,
      headers: raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1] as string] as const] : [])),
      chunks: await readAll(response.body, read),
      trailers: response.trailers,
      hints,
    };
  },
};

export const CLIENTS = { fetch: fetchClient, request: requestClient };

function form<F extends FormData | undici.FormData>(data: F, fields: CorpusRequest['fields'] & object): F {
  for (const [name, value] of fields) {
    if (typeof value === 'string') {
      data.append(name, value);
    } else {
      data.append(name, value, value.name);
    }
  }
  return data;
}

async function readAll(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  read: Read,
): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    chunks.push(chunk);
    await read(chunk.byteLength);
  }
  return chunks;
}
