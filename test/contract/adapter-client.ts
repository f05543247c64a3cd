import type { CassetteStore } from '../../src/core/cassette-store.js';
import type { BrokerMode, InterpositionOptions } from '../../src/index.js';

/** A request, as the contract asks for one. */
export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A list is sent piece by piece, as a stream. */
  readonly body?: string | Uint8Array | readonly string[];
  /** Is the stream never to end, or not until then? */
  readonly staysOpen?: boolean | Promise<void>;
  readonly signal?: AbortSignal;
  /** Called for each piece of the body; the next one is asked for when it is done. */
  onChunk?(chunk: Buffer): unknown;
}

/** What a program saw of an exchange, as far as its client shows it. */
export interface Seen {
  /** Status, headers, interim responses, trailers: whatever this client tells of them. */
  readonly head?: unknown;
  readonly status?: number;
  readonly body: Buffer;
  /** The error that the exchange ended with, if it did. */
  readonly error?: Error & { code?: unknown; cause?: unknown };
}

/** Asks and never rejects. */
export type Ask = (url: string, asked?: Asked) => Promise<Seen>;

/** A client of an adapter's, as the contract needs it. */
export interface AdapterClient {
  readonly name: string;
  /** Why it cannot run on this Node, where it cannot. */
  readonly missing?: string | undefined;
  /** Runs with an installation in this mode. */
  inMode<T>(
    mode: BrokerMode,
    store: CassetteStore,
    use: (ask: Ask) => Promise<T>,
    options?: InterpositionOptions,
  ): Promise<T>;
  /** Runs without the library. */
  live<T>(use: (ask: Ask) => Promise<T>): Promise<T>;
  /** The error of this library's in what the client makes of it. */
  ownError(error: unknown): unknown;
  /** What does not hold for this client, by the test's title, and why. */
  readonly differences: Readonly<Record<string, string>>;
}

/** What of an exchange is to be the same live, recorded and replayed. */
export function comparable({ head, status, body, error }: Seen): unknown {
  const told = error && {
    name: error.name,
    message: error.message,
    code: error.code,
    cause: error.cause instanceof Error ? [error.cause.name, error.cause.message] : undefined,
  };
  return { head, status, body: body.toString('latin1'), error: told };
}

/** The pieces as a stream would give them. */
export async function* pieces(
  body: readonly string[],
  staysOpen: boolean | Promise<void> = false,
): AsyncGenerator<Buffer, void, undefined> {
  for (const piece of body) {
    yield Buffer.from(piece);
  }
  if (staysOpen) {
    await (staysOpen === true ? new Promise(() => {}) : staysOpen);
  }
}

// What the server draws anew each time.
const VOLATILE = ['date'];

/** Pairs of headers, in a form to be compared. */
export function stable(pairs: Iterable<readonly [string, unknown]>): readonly (readonly [string, unknown])[] {
  return [...pairs].filter(([name]) => !VOLATILE.includes(name.toLowerCase()));
}
