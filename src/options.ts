import { checkedMode } from './core/broker-options.js';
import type { CassetteStore } from './core/cassette-store.js';
import type { BrokerMode } from './core/errors.js';
import { InvalidOptionError } from './core/errors.js';
import type { Playback } from './core/story.js';

/** Options of an installation or a scope. Each also comes from `INTERPOSITION_OPTIONS`, as JSON, which wins. */
export interface InterpositionOptions {
  /** The cassette's file: a path, relative to the working directory, or a `file:` URL. */
  readonly cassette?: string | URL;
  /** A store of your own in the place of a file; it keeps its own decision about missing storage. */
  readonly store?: CassetteStore;
  /**
   * `sequence` (the default): the n-th identical request gets the n-th recording, and the last one sticks. `first`:
   * each gets the first.
   */
  readonly playback?: Playback;
  /** How many bytes a recorder may be ahead of the program; 1 MiB where left out. */
  readonly readAhead?: number;
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
  playback: { test: (value) => value === 'first' || value === 'sequence', is: '"first" or "sequence"' },
  readAhead: NON_NEGATIVE,
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
  return { ...checkedOptions(options, 'options', others), ...environmentOptions() };
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
