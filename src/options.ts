import type { Stale } from './core/age.js';
import { checkedMode } from './core/broker-options.js';
import type { CassetteStore } from './core/cassette-store.js';
import type { BrokerMode } from './core/errors.js';
import { InvalidOptionError } from './core/errors.js';
import type { Latency } from './core/pace.js';
import type { Playback } from './core/story.js';
import { type PassthroughRule, passthroughOf } from './http/passthrough.js';
import { HttpPolicy, type HttpPolicyOptions } from './http/policy.js';

/**
 * Options of an installation or a scope. Each also comes from `INTERPOSITION_OPTIONS`, as far as JSON can hold it; there
 * it wins.
 */
export interface InterpositionOptions extends HttpPolicyOptions {
  /** The cassette's file: a path, relative to the working directory, or a `file:` URL. */
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

const NON_NEGATIVE = {
  test: (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0,
  is: 'a whole number from 0',
};
const POSITIVE = {
  test: (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0,
  is: 'a whole number from 1',
};

function oneOf(...values: readonly string[]) {
  return {
    test: (value: unknown) => values.some((one) => one === value),
    is: values.map((value) => JSON.stringify(value)).join(' or '),
  };
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** An age in ms; undefined for something that is none. */
export function ageInMs(age: unknown): number | undefined {
  if (typeof age === 'number') {
    return age >= 0 ? age : undefined;
  }
  const [, amount, unit = ''] = (typeof age === 'string' && /^(\d{1,9})(ms|s|m|h|d)$/.exec(age)) || [];
  return amount === undefined ? undefined : Number(amount) * (UNITS_MS[unit] as number);
}

const CHECKS: Record<keyof InterpositionOptions, { test(value: unknown): boolean; is: string }> = {
  cassette: {
    test: (value) => typeof value === 'string' || value instanceof URL,
    is: 'a path or a file: URL',
  },
  store: {
    test: (value) =>
      typeof (value as CassetteStore | null)?.load === 'function' &&
      typeof (value as CassetteStore | null)?.save === 'function',
    is: 'a CassetteStore, with load() and save()',
  },
  playback: oneOf('first', 'sequence'),
  // Checked, member by member, by what reads them.
  match: { test: () => true, is: '' },
  vary: { test: () => true, is: '' },
  redact: { test: () => true, is: '' },
  passthrough: { test: () => true, is: '' },
  shouldRecord: { test: (value) => typeof value === 'function', is: 'a function' },
  nodeHttp: { test: (value) => typeof value === 'boolean', is: 'true or false' },
  recordFailures: { test: (value) => typeof value === 'boolean', is: 'true or false' },
  maxAge: {
    test: (value) => ageInMs(value) !== undefined,
    is: 'a number of ms, or a number with a unit: "30d", "12h", "45m", "10s"',
  },
  stale: oneOf('warn', 'error', 'refresh'),
  latency: {
    test: (value) => value === 'none' || value === 'recorded' || NON_NEGATIVE.test(value),
    is: '"none", "recorded" or a whole number of ms from 0',
  },
  unused: oneOf('ignore', 'warn', 'error'),
  guard: oneOf('off', 'warn', 'error'),
  outside: oneOf('pass', 'error'),
  scan: oneOf('off', 'warn', 'error'),
  readAhead: NON_NEGATIVE,
  maxBodySize: NON_NEGATIVE,
  bodyWait: POSITIVE,
  storeWait: POSITIVE,
};

/**
 * The options that hold: those of the environment before those of the code.
 *
 * @param others What the options may hold besides, which the caller checks.
 * @throws InvalidOptionError for an unknown option, a value of the wrong kind, and JSON that is none.
 */
export function resolveOptions<T extends InterpositionOptions>(
  options: T,
  others: readonly string[] = [],
): T {
  const resolved = { ...checkedOptions(options, 'options', others), ...environmentOptions() };
  // At once, and not only when a cassette is opened: these are what they are made of.
  new HttpPolicy(resolved);
  passthroughOf(resolved.passthrough);
  return resolved;
}

/**
 * The mode that the environment or the code asks for; undefined where neither does.
 *
 * @throws InvalidOptionError for an unknown mode.
 */
export function requestedMode(fromCode: unknown, call: string): ChosenMode | undefined {
  const variable = process.env.INTERPOSITION_MODE;
  if (variable !== undefined && variable !== '') {
    return { mode: checkedMode(variable, 'INTERPOSITION_MODE'), source: 'INTERPOSITION_MODE' };
  }
  return fromCode === undefined ? undefined : { mode: checkedMode(fromCode, 'mode'), source: call };
}

/** Is a CI server running this? `CI=false` and `CI=0` say no. */
export function isCI(): boolean {
  return !['', '0', 'false'].includes((process.env.CI ?? '').toLowerCase());
}

function environmentOptions(): InterpositionOptions {
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
  return checkedOptions(options as InterpositionOptions, 'INTERPOSITION_OPTIONS', []);
}

function checkedOptions<T extends InterpositionOptions>(
  options: T,
  where: string,
  others: readonly string[],
): T {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidOptionError(where, 'it is not an object.');
  }
  for (const [name, value] of Object.entries(options)) {
    if (others.includes(name) || value === undefined) {
      continue;
    }
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name as keyof InterpositionOptions] : undefined;
    if (check === undefined) {
      throw new InvalidOptionError(
        `${where}.${name}`,
        `there is no such option; there are ${[...others, ...Object.keys(CHECKS)].join(', ')}.`,
      );
    }
    if (!check.test(value)) {
      throw new InvalidOptionError(`${where}.${name}`, `it is not ${check.is}.`);
    }
  }
  const places = ['name', 'cassette', 'store'].filter((name) => Reflect.get(options, name) !== undefined);
  if (places.length > 1) {
    throw new InvalidOptionError(
      where,
      `"${places[0]}" and "${places[1]}" both say where the cassette lives; give one.`,
    );
  }
  return options;
}
