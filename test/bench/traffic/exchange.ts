/** A request and its answer, made of nothing but their index: the same in every process. */
export interface Exchange {
  readonly index: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: string | undefined;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** The same, where it is text. */
  readonly text?: string;
  /** How many chunks the body comes in. */
  readonly chunks: number;
}

/** A kind of exchanges. */
export interface Traffic {
  /** The first segment of its paths. */
  readonly name: string;
  /** How a program reads such a body. */
  readonly reads: 'text' | 'bytes' | 'chunks';
  exchange(index: number): Exchange;
  /** Which exchange a request is of. */
  indexOf(path: string, body: string): number;
}

// What a server sends by the way; the bare dispatcher sends it too, so that all of them parse as many headers.
const USUAL_HEADERS = [
  ['date', 'Mon, 02 Nov 2026 08:30:00 GMT'],
  ['server', 'bench'],
  ['cache-control', 'no-store'],
  ['connection', 'keep-alive'],
] as const;

/** The headers of an answer. */
export function responseHeaders(index: number, type: string, length?: number): Exchange['headers'] {
  return [
    ['content-type', type],
    ...(length === undefined ? [] : [['content-length', `${length}`] as const]),
    ['x-index', `${index}`],
    ...USUAL_HEADERS,
  ];
}

/** A JSON document of exactly this many bytes, another one for each seed. */
export function jsonDocument(seed: number, size: number): string {
  const items = Array.from({ length: 8 }, (_, at) => ({
    id: seed * 8 + at,
    price: ((seed * 7919 + at * 104729) % 100_000) / 100,
    tags: ['new', 'blue'],
  }));
  const document = { order: seed, customer: `Ada the ${seed}th`, items, note: '' };
  document.note = 'lorem ipsum '.repeat(size / 12).slice(0, size - JSON.stringify(document).length);
  return JSON.stringify(document);
}
