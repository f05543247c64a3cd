import http from 'node:http';
import { Readable } from 'node:stream';
import axios from 'axios';
import got from 'got';
import undici from 'undici';

/** What a program hears of the answer to its request. */
export type Heard = 'head' | 'part';

/** A request of a program. */
export interface Asked {
  readonly url: string;
  readonly body: BodyKind;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Of node:http. */
  readonly agent: http.Agent;
  /** Of undici. */
  readonly dispatcher: undici.Dispatcher;
  hears(what: Heard): void;
}

type Ask = (asked: Asked) => Promise<string>;

const TEXT = { 'content-type': 'text/plain' };
const PIECES = ['bo', 'dy'];

async function* pieces() {
  yield* PIECES.map((piece) => Buffer.from(piece));
}

/** A turn of the event loop a piece. */
async function* slowly() {
  for await (const piece of pieces()) {
    await new Promise((resolve) => setImmediate(resolve));
    yield piece;
  }
}

function webStream(source: AsyncIterator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await source.next();
      if (done) {
        controller.close();
      } else {
        controller.enqueue(value);
      }
    },
  });
}

function form() {
  const data = new FormData();
  data.append('name', 'Ada');
  return data;
}

/** Bodies by their kind; those of one text are identical to a look-up, whatever they are made of. */
const BODIES = {
  nothing: () => undefined,
  text: () => 'body',
  bytes: () => Buffer.from('body'),
  fields: () => new URLSearchParams({ a: 'b' }),
  form,
  'a Blob': () => new Blob(['body'], { type: 'text/plain' }),
  'a web stream': () => webStream(pieces()),
  'a slow web stream': () => webStream(slowly()),
  'a stream': () => Readable.from(pieces(), { objectMode: false }),
  'a slow stream': () => Readable.from(slowly(), { objectMode: false }),
  'an iterable': () => pieces(),
  'a slow iterable': () => slowly(),
} as const;

export type BodyKind = keyof typeof BODIES;

function typed({ body, headers }: Asked): Record<string, string> {
  const isText = !['nothing', 'fields', 'form', 'a Blob'].includes(body);
  return { accept: '*/*', ...headers, ...(isText && TEXT) };
}

async function read(body: AsyncIterable<unknown> | null, { hears }: Asked): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body ?? []) {
    hears('part');
    chunks.push(Buffer.from(chunk as Uint8Array));
  }
  return Buffer.concat(chunks).toString();
}

const fetched: Ask = async (asked) => {
  const { url, body, signal, hears } = asked;
  const init = { method: 'POST', headers: typed(asked), signal, duplex: 'half' } as const;
  const response = await fetch(url, { ...init, body: (BODIES[body]() as RequestInit['body']) ?? null });
  hears('head');
  return read(response.body, asked);
};

/** undici's functions know its own class only. */
function undiciBody(kind: BodyKind): Readable | string | undici.FormData | Uint8Array | null {
  if (kind === 'form') {
    const data = new undici.FormData();
    data.append('name', 'Ada');
    return data;
  }
  return (BODIES[kind]() as Readable | undefined) ?? null;
}

const requested: Ask = async (asked) => {
  const { url, body, signal, dispatcher, hears } = asked;
  const response = await undici.request(url, {
    dispatcher,
    method: 'POST',
    headers: typed(asked),
    signal,
    body: undiciBody(body),
  });
  hears('head');
  return read(response.body, asked);
};

const dispatched: Ask = (asked) =>
  new Promise((resolve, reject) => {
    const { url, body, signal, dispatcher, hears } = asked;
    const { origin, pathname } = new URL(url);
    const chunks: Buffer[] = [];
    dispatcher.dispatch(
      {
        origin,
        path: pathname,
        method: 'POST',
        headers: typed(asked),
        body: undiciBody(body),
      },
      {
        onRequestStart(controller) {
          const abort = () => controller.abort(signal.reason);
          if (signal.aborted) {
            abort();
          } else {
            signal.addEventListener('abort', abort);
          }
        },
        onResponseStart: () => hears('head'),
        onResponseData: (_controller, chunk) => {
          hears('part');
          chunks.push(chunk);
        },
        onResponseEnd: () => resolve(Buffer.concat(chunks).toString()),
        onResponseError: (_controller, error) => reject(error),
      },
    );
  });

const httpRequested: Ask = (asked) =>
  new Promise((resolve, reject) => {
    const { url, body, signal, agent, hears } = asked;
    const given = BODIES[body]();
    const fields = given instanceof URLSearchParams;
    const headers = {
      ...typed(asked),
      ...(fields && { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' }),
    };
    const request = http.request(url, { method: 'POST', headers, signal, agent }, (response) => {
      hears('head');
      read(response, asked).then(resolve, reject);
    });
    request.on('error', reject);
    if (given instanceof Readable) {
      given.pipe(request);
    } else if (given === undefined) {
      request.end();
    } else {
      request.end(fields ? given.toString() : given);
    }
  });

const axiosAsked: Ask = async (asked) => {
  const { url, body, signal, agent, hears } = asked;
  const { data } = await axios.post(url, BODIES[body](), {
    headers: typed(asked),
    signal,
    httpAgent: agent,
    responseType: 'stream',
  });
  hears('head');
  return read(data, asked);
};

const gotAsked: Ask = async (asked) => {
  const { url, body, signal, agent, hears } = asked;
  const given = BODIES[body]();
  const fields = given instanceof URLSearchParams;
  const options = {
    headers: typed(asked),
    signal,
    agent: { http: agent },
    retry: { limit: 0 },
    ...(fields ? { form: Object.fromEntries(given) } : given && { body: given as string }),
  };
  return got
    .post(url, options)
    .on('response', () => hears('head'))
    .on('downloadProgress', ({ transferred }) => transferred > 0 && hears('part'))
    .text();
};

interface Client {
  readonly ask: Ask;
  readonly bodies: readonly BodyKind[];
}

const LYING = ['nothing', 'text', 'bytes'] as const;
const STREAMS = ['a stream', 'a slow stream'] as const;
const ITERABLES = ['an iterable', 'a slow iterable'] as const;

/** Ways to ask. */
export const CLIENTS = {
  fetch: { ask: fetched, bodies: Object.keys(BODIES) as BodyKind[] },
  'undici.request': { ask: requested, bodies: [...LYING, 'form', 'a Blob', ...STREAMS, ...ITERABLES] },
  'undici dispatch': { ask: dispatched, bodies: [...LYING, 'form', 'a Blob', ...STREAMS, ...ITERABLES] },
  'node:http': { ask: httpRequested, bodies: [...LYING, 'fields', ...STREAMS] },
  axios: { ask: axiosAsked, bodies: [...LYING, 'fields', 'form', ...STREAMS] },
  got: { ask: gotAsked, bodies: [...LYING, 'fields', 'form', ...STREAMS] },
} satisfies Readonly<Record<string, Client>>;

export type ClientName = keyof typeof CLIENTS;
