import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** One request as the server saw it, whatever became of it on the client's side. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: { readonly length: number; readonly sha256: string } | 'cut';
  readonly response: 'finished' | 'cut' | 'tunnel';
}

export interface ExchangeServer {
  readonly url: string;
  /** How many requests have reached the server, upgrades and CONNECT included. */
  requests(): number;
  /** Stops listening, waits for open connections to end, and tells what the server saw, sorted by URL. */
  close(): Promise<readonly SeenRequest[]>;
}

/** Runs in a thread of its own: a busy test cannot hold its answers back. */
export async function startExchangeServer(): Promise<ExchangeServer> {
  const counter = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('./exchange-server-worker.js', import.meta.url), {
    workerData: { counter },
    execArgv: [],
  });
  const [{ url }] = (await once(worker, 'message')) as [{ url: string }];
  let closed: Promise<readonly SeenRequest[]> | undefined;

  const close = async (): Promise<readonly SeenRequest[]> => {
    const exited = once(worker, 'exit');
    const log = once(worker, 'message') as Promise<[readonly SeenRequest[]]>;
    worker.postMessage('close');
    const [seen] = await log;
    await exited;
    return seen;
  };

  return {
    url,
    requests: () => Atomics.load(counter, 0),
    close: () => (closed ??= close()),
  };
}
