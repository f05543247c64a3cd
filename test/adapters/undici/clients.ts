import { Cassette } from '../../../src/core/cassette.js';
import type { CassetteStore } from '../../../src/core/cassette-store.js';
import {
  Broker,
  type BrokerMode,
  type BrokerOptions,
  type InterpositionOptions,
  installInterposition,
  interpose,
  MemoryCassetteStore,
} from '../../../src/index.js';

export type Undici = typeof import('undici');

export const nodeMajor = Number(process.versions.node.split('.')[0]);

for (const name of ['MODE', 'CASSETTE', 'OPTIONS', 'SESSION']) {
  delete process.env[`INTERPOSITION_${name}`];
}

// The built-in undici first, so that the global slots are what they are in a program without an npm undici.
void globalThis.Response;

/** The class of the built-in undici's global dispatcher; it hands out none by name. */
export const BuiltInAgent = [2, 1]
  .map((slot) => Reflect.get(globalThis, Symbol.for(`undici.globalDispatcher.${slot}`)) as object | undefined)
  .find((dispatcher) => dispatcher !== undefined)?.constructor as new () => object;

/** A copy of npm undici; `undici` is undefined where this Node cannot load it. */
export interface Copy {
  readonly name: string;
  readonly undici: Undici | undefined;
}

export const copies: readonly Copy[] = [
  { name: 'undici 6', undici: await load('undici6') },
  { name: 'undici 7', undici: await load('undici') },
  { name: 'undici 8', undici: nodeMajor >= 22 ? await load('undici8') : undefined },
];

export const WHY_SKIPPED = 'undici 8 needs Node 22';

export type Fetch = (url: string, init?: RequestInit & { duplex?: 'half' }) => Promise<Response>;

export type Request = (
  url: string,
  options?: Record<string, unknown>,
) => ReturnType<typeof import('undici').request>;

/** What a program has to ask with, all of it going through one installation. */
export interface Session {
  readonly fetch: Fetch;
  /** Throws for the built-in undici, which has none. */
  readonly request: Request;
  readonly broker: Broker;
}

/** Built-in fetch has no copy. */
export interface Client {
  readonly name: string;
  readonly here: boolean;
  readonly undici: Undici | undefined;
}

export const clients: readonly Client[] = [
  { name: 'built-in fetch', here: true, undici: undefined },
  ...copies.map(({ name, undici }) => ({ name, here: undici !== undefined, undici })),
];

/** Runs `use` with an installation in this mode: built-in fetch goes through it, a copy by an interposed Agent. */
export async function inMode<T>(
  client: Client,
  mode: BrokerMode,
  store: CassetteStore,
  use: (session: Session) => Promise<T>,
  options: InterpositionOptions = {},
): Promise<T> {
  const interposition = await installInterposition(mode, { ...options, store });
  const { undici } = client;
  const agent = undici && new undici.Agent();
  const dispatcher = agent?.compose(interpose(interposition) as never);
  try {
    const outcome = use({
      broker: interposition.broker,
      fetch: fetchOf(undici, dispatcher),
      request: requestOf(undici, dispatcher),
    });
    return await settled(outcome, () => `${client.name} in ${mode}`);
  } finally {
    await interposition.uninstall();
    await agent?.destroy();
  }
}

/** An interceptor that does nothing: some of undici's own behaviour changes wherever one is composed. */
export function plain<T extends (options: never, handler: never) => boolean>(dispatch: T) {
  return (options: never, handler: never) => dispatch(options, handler);
}

/** The same client without the library. */
export async function live<T>(
  { undici }: Client,
  use: (session: Omit<Session, 'broker'>) => Promise<T>,
): Promise<T> {
  const agent = undici && new undici.Agent();
  try {
    const dispatcher = agent?.compose(plain as never);
    const outcome = use({ fetch: fetchOf(undici, dispatcher), request: requestOf(undici, dispatcher) });
    return await settled(outcome, () => 'a live exchange');
  } finally {
    await agent?.destroy();
  }
}

function fetchOf(undici: Undici | undefined, dispatcher: object | undefined): Fetch {
  return (url, init) =>
    undici === undefined
      ? fetch(url, init as RequestInit)
      : (undici.fetch(url, { ...init, dispatcher } as never) as unknown as Promise<Response>);
}

function requestOf(undici: Undici | undefined, dispatcher: object | undefined): Request {
  return (url, options) => {
    if (undici === undefined) {
      throw new Error('the built-in undici has no request()');
    }
    return undici.request(url, { ...options, dispatcher } as never);
  };
}

/** A store that starts empty. */
export function emptyStore(): MemoryCassetteStore {
  return new MemoryCassetteStore({ createIfMissing: true });
}

/** A Broker of its own that matches as an installation does. */
export async function brokerOn(
  store: CassetteStore,
  mode: BrokerMode,
  options: Omit<BrokerOptions, 'cassetteStore'> = {},
): Promise<Broker> {
  return Broker.fromStore(store, {
    mode,
    liveResponder: () => {
      throw new Error('an interposed dispatcher is its own live responder');
    },
    match: {},
    playback: 'sequence',
    ...options,
  });
}

export async function recordedIn(store: CassetteStore): Promise<Cassette['interactions']> {
  return (await store.load().catch(() => new Cassette())).interactions;
}

/** What a promise rejects with; fails where it does not. */
export async function rejection(
  promise: Promise<unknown>,
): Promise<Error & { cause?: unknown; code?: string }> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome) {
    return outcome.error as Error;
  }
  throw new Error('expected a rejection');
}

/** The promise's outcome; an error where it has none in 30 seconds, which on loopback means never. */
export function settled<T>(promise: Promise<T>, what: () => string): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`never settled: ${what()}`)), 30_000);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

export function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function load(name: string): Promise<Undici> {
  return ((await import(name)) as { default: Undici }).default;
}
