/** A client that is run, and what is known about it. */
export interface Client {
  /** Its file in fixtures/third-party/clients. */
  readonly name: string;
  /** The API that it speaks with, of fixtures/third-party/apis. */
  readonly api: string;
  /** The least Node that it supports, where that is not each of ours. */
  readonly node?: number;
  /** Scenarios that replay cannot show, and the error that it gives instead. */
  readonly fails?: Readonly<Record<string, string>>;
}

/** A failure of the upstream is not recorded by default, so it is a MISS. */
export const MISS = 'ERR_INTERACTION_NOT_FOUND';
const WEB = { 'a reset connection': MISS };
/** As is what undici's dispatchers give up: the program did not abort. */
const UNDICI = { ...WEB, 'a timeout of the head': MISS, 'pipeline(): an error': MISS };

export const CLIENTS: readonly Client[] = [
  { name: 'axios', api: 'web', fails: WEB },
  { name: 'axios-fetch', api: 'web', fails: WEB },
  { name: 'got14', api: 'web', fails: WEB },
  { name: 'got', api: 'web', node: 22, fails: WEB },
  { name: 'ky1', api: 'web', fails: WEB },
  { name: 'ky', api: 'web', node: 22, fails: WEB },
  { name: 'node-fetch2', api: 'web', fails: WEB },
  { name: 'node-fetch', api: 'web', fails: WEB },
  { name: 'ofetch', api: 'web', fails: WEB },
  { name: 'superagent', api: 'web', fails: WEB },
  { name: 'undici6', api: 'web', fails: UNDICI },
  { name: 'undici7', api: 'web', fails: UNDICI },
  { name: 'undici8', api: 'web', node: 22, fails: UNDICI },
  { name: 'openai6', api: 'openai' },
  { name: 'openai', api: 'openai', node: 22 },
  { name: 'anthropic', api: 'anthropic' },
  { name: 'stripe', api: 'stripe' },
  { name: 'stripe-fetch', api: 'stripe' },
  { name: 'aws-s3', api: 's3' },
  { name: 'octokit', api: 'github' },
  { name: 'mcp', api: 'mcp' },
  { name: 'ws', api: 'socket' },
  { name: 'websocket', api: 'socket', node: 22 },
];
