import type { Stale } from './age.js';
import type { CassetteStore } from './cassette-store.js';
import {
  type BrokerMode,
  type InteractionNotFoundError,
  InvalidOptionError,
  LiveResponderRequiredError,
} from './errors.js';
import { fingerprint } from './fingerprint.js';
import type { Interaction, InteractionRequest } from './interaction.js';
import type { LiveResponder } from './live-responder.js';
import type { Latency } from './pace.js';
import { type Policy, plainPolicy } from './policy.js';
import type { RequestHead } from './recording.js';
import type { Playback } from './story.js';

/** A policy for matching: what of a request counts. Requests that it maps to one string match. */
export type Projection = (request: InteractionRequest) => string;

/** Where a Broker's recordings stand: which session, which lane of it. */
export interface SessionEntry {
  /** One run of one root process, its workers and children included. */
  readonly id: string;
  /** The lane that this Broker records; unique within the session. */
  readonly lane: string;
  /** Which entry of its cassette this is, from 0: a replay follows the lane of that number. */
  readonly entry: number;
}

/** What a Broker tells whoever made it. */
export interface BrokerObserver {
  /** A request was looked up; in `record` every request counts as a MISS. `hit` is what answers it. */
  lookup?(outcome: 'HIT' | 'MISS', request: RequestHead, hit?: Interaction): void;
  /** A request was left alone, as the user asked for. */
  passed?(request: RequestHead): void;
  /** A request went past every Broker, and was let go. */
  notBrokered?(request: RequestHead): void;
  /** A request was a MISS in `replay`, or a message on a replayed connection was, and fails with this error. */
  miss?(error: InteractionNotFoundError): void;
  /** Something the user has to know that is no error of a request. */
  warning?(message: string): void;
}

/** Options of a Broker. */
export interface BrokerOptions {
  /** `replay` where left out. Never changes afterwards. */
  readonly mode?: BrokerMode | undefined;
  /** Where the mode was set, for messages. */
  readonly modeSource?: string | undefined;
  /** Required in `record` and `auto`. */
  readonly liveResponder?: LiveResponder | undefined;
  /** Without one nothing is persisted. */
  readonly cassetteStore?: CassetteStore | undefined;
  /** What counts in a look-up; the fingerprint where left out. */
  readonly project?: Projection | undefined;
  /** What may be stored, what counts in a look-up, how a MISS is explained. In the place of `project`. */
  readonly policy?: Policy | undefined;
  /** How repeats are answered; `first` where left out. */
  readonly playback?: Playback | undefined;
  /** How many bytes a recorder may be ahead of the caller; 1 MiB where left out. */
  readonly readAhead?: number | undefined;
  /** How many bytes a response may have, to be recorded; where left out as many as a text has characters. A larger one fails its request. */
  readonly maxBodySize?: number | undefined;
  /** How long a store may take for a load or a save, in ms; 30,000 where left out. */
  readonly storeWait?: number | undefined;
  /** Record requests that fail (refused, reset, timed out), and replay the error; false where left out. */
  readonly recordFailures?: boolean | undefined;
  /** How old a recording may be, in ms, before it is stale; no bound where left out. */
  readonly maxAge?: number | undefined;
  /** What a stale recording does; `warn` where left out. */
  readonly stale?: Stale | undefined;
  /** How long a replay takes: no time (where left out), as long as when it was recorded, or so many ms to its head. */
  readonly latency?: Latency | undefined;
  /** Which session and lane its recordings belong to; that of the process, with a lane of its own, where left out. */
  readonly session?: SessionEntry | undefined;
  /** Is told of look-ups and warnings. */
  readonly observer?: BrokerObserver | undefined;
}

const BROKER_MODES: readonly unknown[] = ['replay', 'record', 'auto'] satisfies BrokerMode[];

/**
 * The mode, if it is one.
 *
 * @param option What the error names as wrong.
 * @param source Where the mode was set, if that is known.
 * @throws InvalidOptionError for one that is none.
 */
export function checkedMode(mode: unknown, option: string, source?: string): BrokerMode {
  if (!BROKER_MODES.includes(mode)) {
    const from = source === undefined ? '' : ` (from ${source})`;
    // An object is no mode, but options in its place: it may hold an address with a password.
    const given = typeof mode === 'object' && mode !== null ? 'an object' : JSON.stringify(mode);
    const problem = `${given}${from} is not a mode; use "replay", "record" or "auto".`;
    throw new InvalidOptionError(option, problem);
  }
  return mode as BrokerMode;
}

/** Options with their defaults, checked. */
export type CheckedBrokerOptions = Omit<BrokerOptions, Defaulted> &
  Required<{ [K in Defaulted]: NonNullable<BrokerOptions[K]> }>;

type Defaulted =
  | 'mode'
  | 'playback'
  | 'readAhead'
  | 'maxBodySize'
  | 'storeWait'
  | 'recordFailures'
  | 'maxAge'
  | 'stale'
  | 'latency'
  | 'policy';

/** As many characters as V8's longest string has: what is longer cannot stand in a cassette's file. */
const LONGEST_TEXT = 2 ** 29 - 24;

/**
 * The options with their defaults.
 *
 * @throws InvalidOptionError for a value that is none of those that an option has.
 * @throws LiveResponderRequiredError for `record` or `auto` without a live responder.
 */
export function checkedBrokerOptions(options: BrokerOptions): CheckedBrokerOptions {
  const { mode: requested = 'replay', modeSource, liveResponder, playback = 'first' } = options;
  const { readAhead = 1024 * 1024, storeWait = 30_000, recordFailures = false } = options;
  const { maxBodySize = LONGEST_TEXT } = options;
  const { maxAge = Number.POSITIVE_INFINITY, stale = 'warn', latency = 'none' } = options;
  const mode = checkedMode(requested, 'mode', modeSource);
  if (mode !== 'replay' && liveResponder === undefined) {
    throw new LiveResponderRequiredError(mode);
  }
  check('playback', playback, ['first', 'sequence'].includes(playback), '"first" or "sequence"');
  check('readAhead', readAhead, isAmount(readAhead, 0), 'a number of bytes from 0');
  check('maxBodySize', maxBodySize, isAmount(maxBodySize, 0), 'a number of bytes from 0');
  check(
    'storeWait',
    storeWait,
    typeof storeWait === 'number' && storeWait > 0,
    'a number of milliseconds above 0',
  );
  check('recordFailures', recordFailures, typeof recordFailures === 'boolean', 'true or false');
  check('maxAge', maxAge, isAmount(maxAge, 0), 'a number of milliseconds from 0');
  check('stale', stale, ['warn', 'error', 'refresh'].includes(stale), '"warn", "error" or "refresh"');
  const isLatency = latency === 'none' || latency === 'recorded' || isAmount(latency, 0);
  check('latency', latency, isLatency, '"none", "recorded" or a number of milliseconds from 0');
  const policy = options.policy ?? plainPolicy(options.project ?? fingerprint);
  const bounds = { readAhead, maxBodySize, storeWait, maxAge };
  return { ...options, ...bounds, mode, playback, recordFailures, stale, latency, policy };
}

function isAmount(value: unknown, least: number): boolean {
  return typeof value === 'number' && value >= least;
}

function check(option: string, value: unknown, holds: boolean, is: string): void {
  if (!holds) {
    throw new InvalidOptionError(
      option,
      `${typeof value === 'string' ? JSON.stringify(value) : String(value)} is not ${is}.`,
    );
  }
}
