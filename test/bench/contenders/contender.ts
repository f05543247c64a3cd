import type { ClientName } from '../clients/client.js';
import type { Exchange, Traffic } from '../traffic/exchange.js';

/** What is recorded or replayed, and where it lives. */
export interface Recordings {
  /** A folder of their own. */
  readonly folder: string;
  /** The live server. */
  readonly origin: string;
  readonly count: number;
  readonly traffic: Traffic;
  readonly client: ClientName;
}

/** Ends what was begun. What was recorded is on disk then. */
export type Stop = () => Promise<void>;

/** Something that answers requests, in a process of its own. Its libraries are loaded by `load` and not before. */
export interface Contender {
  readonly name: string;
  /** The package whose version is printed; undefined for what is not a package. */
  readonly package?: string;
  /** What a program that uses it imports. */
  readonly imports?: readonly string[];
  /** Imports its libraries. Fails where they do not run on this Node. */
  load(): Promise<unknown>;
  /** Why it cannot do this; undefined where it can. */
  cannot?(work: Pick<Recordings, 'client' | 'traffic'>): string | undefined;
  /** Begins to record; left out where it has no recorder. */
  record?(recordings: Recordings): Promise<Stop>;
  /** Begins to answer. */
  replay?(recordings: Recordings): Promise<Stop>;
}

/** Every exchange of the recordings, in order. */
export function exchangesOf({ traffic, count }: Recordings): Exchange[] {
  return Array.from({ length: count }, (_, index) => traffic.exchange(index));
}

export const NO_UNDICI = 'does not see undici.request';
export const ONE_CHUNK = 'gives the body in one chunk';
