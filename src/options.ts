import { checkedOptions, checkMembers, PLACES } from './checked-options.js';
import { configInForce } from './config/config.js';
import type { Stale } from './core/age.js';
import { checkedMode } from './core/broker-options.js';
import type { CassetteStore } from './core/cassette-store.js';
import type { BrokerMode } from './core/errors.js';
import { InvalidOptionError } from './core/errors.js';
import type { Latency } from './core/pace.js';
import type { Playback } from './core/story.js';
import type { PassthroughRule } from './http/passthrough.js';
import type { HttpPolicyOptions } from './http/policy.js';

/**
 * Options of an installation or a scope. Each also comes from `INTERPOSITION_OPTIONS`, as far as JSON can hold it, where
 * it wins; and from the config file, which holds what nobody else says.
 */
export interface InterpositionOptions extends HttpPolicyOptions {
  /**
   * Where the cassette lives: a file, by its path, relative to the working directory, or by a `file:` URL; or the address
   * of a store: `sqlite:PATH`, `redis://HOST/PREFIX`, `s3://BUCKET/PREFIX`.
   */
  readonly cassette?: string | URL;
  /** A store of your own in the place of a file; it keeps its own decision about missing storage. */
  readonly store?: CassetteStore;
  /**
   * `sequence` (the default): the n-th identical request gets the n-th recording, and the last one sticks. `first`:
   * each gets the first.
   */
  readonly playback?: Playback;
  /** Requests that are left alone in every mode: neither recorded nor replayed, and never a MISS. */
  readonly passthrough?: PassthroughRule | readonly PassthroughRule[];
  /**
   * Are requests through `node:http` and `node:https` recorded and replayed, too? True where left out. With `false` they
   * go live, and one line on stderr says so.
   */
  readonly nodeHttp?: boolean;
  /** Record requests that fail (refused, reset, timed out), and replay the error; false where left out. */
  readonly recordFailures?: boolean;
  /** How old a recording may be: ms, or a text such as `"30d"`, `"12h"`, `"45m"`. No bound where left out. */
  readonly maxAge?: number | string;
  /**
   * What an older recording does: `warn` (where left out) says so and replays, `error` fails the request with a
   * StaleRecordingError, `refresh` records it anew in `auto` and warns in `replay`.
   */
  readonly stale?: Stale;
  /**
   * How long a replayed response takes: no time (`none`, where left out), as long as when it was recorded (`recorded`),
   * or this many ms to its head.
   */
  readonly latency?: Latency;
  /**
   * What recordings do that no request has used by the end of the scope, the installation, or the process: nothing
   * (`ignore`, where left out), a warning, or an UnusedInteractionsError.
   */
  readonly unused?: 'ignore' | 'warn' | 'error';
  /**
   * What happens to a request that went past every Broker, as a bundled copy of undici may send one: nothing (`off`), a
   * line on stderr (`warn`, where left out in `record` and `auto`), or it is stopped with a RequestNotBrokeredError
   * (`error`, where left out in `replay`).
   */
  readonly guard?: 'off' | 'warn' | 'error';
  /**
   * What happens to requests outside every scope: they go live and are left alone (`pass`), or are stopped with a
   * RequestOutsideScopeError (`error`). Where left out an installation answers them; without one, they pass. `error` in
   * a scope's options holds from then on in the whole process, wherever there is no installation.
   */
  readonly outside?: 'pass' | 'error';
  /**
   * Looks for secrets in what is about to be saved, with secretlint, which has to be installed besides. `warn` says where
   * one is, `error` fails the request with a CassetteSaveError; `off` where left out.
   */
  readonly scan?: 'off' | 'warn' | 'error';
  /** How many bytes a recorder may be ahead of the program; 1 MiB where left out. */
  readonly readAhead?: number;
  /**
   * How many bytes a response may have, as they come over the wire, to be recorded; where left out as many as the longest
   * string of this Node has characters (some 512 MiB), as no cassette's file holds more. A larger one is stopped with a BodyTooLargeError, and nothing of it is recorded.
   */
  readonly maxBodySize?: number;
  /**
   * How long a body may stay open where it has to be seen whole, in ms; 5,000 where left out. For a request body in
   * `auto` and `replay` it is an error then; a response that is still open when its scope ends, and silent for that
   * long or open for three times as long, is recorded as truncated.
   */
  readonly bodyWait?: number;
  /** How long a store may take for a load or a save, in ms; 30,000 where left out. */
  readonly storeWait?: number;
}

/** Options of a scope. */
export interface CassetteOptions extends InterpositionOptions {
  /** The cassette's name: the file `__cassettes__/<name>.json` in the working directory. */
  readonly name?: string;
  /** Where left out: `record` where the cassette is missing, outside CI; else `replay`. */
  readonly mode?: BrokerMode;
}

/** A mode and where it was set. */
export interface ChosenMode {
  readonly mode: BrokerMode;
  readonly source: string;
  /** The recordings that this session has made so far answer as those of an earlier one would. */
  readonly continues?: boolean;
}

/**
 * The options that hold: those of the environment before those of the code, and these before those of the config file.
 *
 * @param others What the options may hold besides, which the caller checks.
 * @param defaults For what nobody says.
 * @throws InvalidOptionError for an unknown option, a value of the wrong kind, JSON that is none, and a config file that
 * cannot be used.
 */
export function resolveOptions<T extends InterpositionOptions>(
  options: T,
  others: readonly string[] = [],
  defaults: InterpositionOptions = {},
): T {
  const place = (name: string) => `options.${name}`;
  const fromCode = given(checkedOptions(options, { whole: 'options', place, others }));
  const fromConfig = configInForce()?.options ?? {};
  const isPlaced = PLACES.some((name) => name in fromCode);
  const resolved = {
    ...defaults,
    ...(isPlaced ? without(fromConfig, PLACES) : fromConfig),
    ...fromCode,
    ...environmentOptions(),
  };
  // At once, and not only when a cassette is opened: these are what they are made of.
  checkMembers(resolved);
  return resolved;
}

/**
 * The mode that the environment, the code or the config file asks for; undefined where none does.
 *
 * @throws InvalidOptionError for an unknown mode, and a config file that cannot be used.
 */
export function requestedMode(fromCode: unknown, call: string): ChosenMode | undefined {
  const variable = process.env.INTERPOSITION_MODE;
  if (variable !== undefined && variable !== '') {
    return { mode: checkedMode(variable, 'INTERPOSITION_MODE'), source: 'INTERPOSITION_MODE' };
  }
  if (fromCode !== undefined) {
    return { mode: checkedMode(fromCode, 'mode'), source: call };
  }
  const { mode, file } = configInForce() ?? {};
  return mode === undefined ? undefined : { mode, source: `the config file ${file}` };
}

/** Is a CI server running this? `CI=false` and `CI=0` say no. */
export function isCI(): boolean {
  return !['', '0', 'false'].includes((process.env.CI ?? '').toLowerCase());
}

/**
 * The options of `INTERPOSITION_OPTIONS`.
 *
 * @throws InvalidOptionError as `resolveOptions` does.
 */
export function environmentOptions(): InterpositionOptions {
  const text = process.env.INTERPOSITION_OPTIONS;
  if (text === undefined || text === '') {
    return {};
  }
  let options: unknown;
  try {
    options = JSON.parse(text);
  } catch (cause) {
    throw new InvalidOptionError('INTERPOSITION_OPTIONS', 'it is not JSON.', { cause });
  }
  const place = (name: string) => `INTERPOSITION_OPTIONS.${name}`;
  return checkedOptions(options as InterpositionOptions, {
    whole: 'INTERPOSITION_OPTIONS',
    place,
    others: [],
  });
}

/** Undefined is not given: what is below holds. */
function given<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

function without(options: InterpositionOptions, names: readonly string[]): InterpositionOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name)));
}
