import type { Exchange, Traffic } from '../traffic/exchange.js';

/** What a program saw of an answer. */
export interface Answer {
  readonly status: number;
  header(name: string): string | null;
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
