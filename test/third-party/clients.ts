/** A client that is run, and what is known about it. */
export interface Client {
  /** Its file in fixtures/third-party/clients. */
  readonly name: string;
  /** The API that it speaks with, of fixtures/third-party/apis. */
  readonly api: string;
  /** The least Node that it supports, where that is not each of ours. */
  readonly node?: number;
  /** Scenarios whose live run ends in a failure of the upstream: not recorded by default, so a MISS in replay. */
  readonly misses?: readonly string[];
}

const RESET = 'a reset connection';
/** Those of undici's dispatchers: the program did not abort. */
const TIMEOUTS = ['a timeout of the head', 'pipeline(): an error'];

export const CLIENTS: readonly Client[] = [
  { name: 'axios', api: 'web', misses: [RESET] },
  { name: 'axios-fetch', api: 'web', misses: [RESET] },
  { name: 'got14', api: 'web', misses: [RESET] },
  { name: 'got', api: 'web', misses: [RESET], node: 22 },
  { name: 'ky1', api: 'web', misses: [RESET] },
  { name: 'ky', api: 'web', misses: [RESET], node: 22 },
  { name: 'node-fetch2', api: 'web', misses: [RESET] },
  { name: 'node-fetch', api: 'web', misses: [RESET] },
  { name: 'ofetch', api: 'web', misses: [RESET] },
  { name: 'superagent', api: 'web', misses: [RESET] },
  { name: 'undici6', api: 'web', misses: [RESET, ...TIMEOUTS] },
  { name: 'undici7', api: 'web', misses: [RESET, ...TIMEOUTS] },
  { name: 'undici8', api: 'web', misses: [RESET, ...TIMEOUTS], node: 22 },
];
