import type { Exchange, Traffic } from '../traffic/exchange.js';

/** The headers that a program looks at. */
export const READ_HEADERS = ['content-type', 'content-length', 'x-index'] as const;

/** What a program keeps of an answer: no more than it needs, so that the rest can be let go of. */
export interface Answer {
  readonly status: number;
  /** Those of `READ_HEADERS`, in their order; empty where there is none. */
  readonly headers: readonly string[];
  readonly body: string | Uint8Array | readonly Uint8Array[];
}

/** How a program asks, and reads the answer to its end. */
export type Ask = (url: string, exchange: Exchange, reads: Traffic['reads']) => Promise<Answer>;

export type ClientName = 'fetch' | 'undici.request' | 'node:http';

/** Loads what a program asks with, and nothing else: an npm undici changes what is global. */
export async function loadClient(name: ClientName): Promise<Ask> {
  switch (name) {
    case 'fetch':
      return (await import('./fetch.js')).askWithFetch;
    case 'undici.request':
      return (await import('./undici-request.js')).askWithUndici;
    case 'node:http':
      return (await import('./node-http.js')).askWithNodeHttp;
  }
}
