import type { CassetteStore } from './cassette-store.js';
import { type BrokerMode, InvalidOptionError, LiveResponderRequiredError } from './errors.js';
import type { InteractionRequest } from './interaction.js';
import type { LiveResponder } from './live-responder.js';
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
  /** A request was looked up; in `record` every request counts as a MISS. */
  lookup?(outcome: 'HIT' | 'MISS', request: RequestHead): void;
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
  /** The matching policy; the fingerprint counts where left out. */
  readonly project?: Projection | undefined;
  /** How repeats are answered; `first` where left out. */
  readonly playback?: Playback | undefined;
  /** How many bytes a recorder may be ahead of the caller; 1 MiB where left out. */
  readonly readAhead?: number | undefined;
  /** How long a store may take for a load or a save, in ms; 30,000 where left out. */
  readonly storeWait?: number | undefined;
  readonly session?: SessionEntry | undefined;
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
    const problem = `${JSON.stringify(mode)}${from} is not a mode; use "replay", "record" or "auto".`;
    throw new InvalidOptionError(option, problem);
  }
  return mode as BrokerMode;
}

/** Options with their defaults, checked. */
export type CheckedBrokerOptions = Omit<BrokerOptions, 'mode' | 'playback' | 'readAhead' | 'storeWait'> &
  Required<{ [K in 'mode' | 'playback' | 'readAhead' | 'storeWait']: NonNullable<BrokerOptions[K]> }>;

/**
 * The options with their defaults.
 *
 * @throws InvalidOptionError for a value that is none of those that an option has.
 * @throws LiveResponderRequiredError for `record` or `auto` without a live responder.
 */
export function checkedBrokerOptions(options: BrokerOptions): CheckedBrokerOptions {
  const { mode: requested = 'replay', modeSource, liveResponder, playback = 'first' } = options;
  const { readAhead = 1024 * 1024, storeWait = 30_000 } = options;
  const mode = checkedMode(requested, 'mode', modeSource);
  if (mode !== 'replay' && liveResponder === undefined) {
    throw new LiveResponderRequiredError(mode);
  }
  if (playback !== 'first' && playback !== 'sequence') {
    throw new InvalidOptionError(
      'playback',
      `${JSON.stringify(playback)} is neither "first" nor "sequence".`,
    );
  }
  if (!(typeof readAhead === 'number' && readAhead >= 0)) {
    throw new InvalidOptionError('readAhead', `${String(readAhead)} is not a number of bytes from 0.`);
  }
  if (!(typeof storeWait === 'number' && storeWait > 0)) {
    throw new InvalidOptionError(
      'storeWait',
      `${String(storeWait)} is not a number of milliseconds above 0.`,
    );
  }
  return { ...options, mode, playback, readAhead, storeWait };
}
