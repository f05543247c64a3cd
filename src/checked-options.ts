import type { CassetteStore } from './core/cassette-store.js';
import { InvalidOptionError } from './core/errors.js';
import { noSuchOption } from './core/no-such-option.js';
import { passthroughOf } from './http/passthrough.js';
import { HttpPolicy } from './http/policy.js';
import type { InterpositionOptions } from './options.js';

/** The options that say where a cassette lives; one is enough. */
export const PLACES: readonly string[] = ['name', 'cassette', 'store'];

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
    is: 'a path, or the URL of a file or a store',
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

/** Where options stand, for messages. */
export interface OptionsPlace {
  /** All of them. */
  readonly whole: string;
  /** One of them. */
  place(name: string): string;
  /** What they may hold besides, which the caller checks. */
  readonly others: readonly string[];
}

/**
 * Checks the names of options, and each value by itself.
 *
 * @throws InvalidOptionError for an unknown option, and for a value of the wrong kind.
 */
export function checkedOptions<T extends InterpositionOptions>(
  options: T,
  { whole, place, others }: OptionsPlace,
): T {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidOptionError(whole, 'it is not an object.');
  }
  for (const [name, value] of Object.entries(options)) {
    if (others.includes(name) || value === undefined) {
      continue;
    }
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name as keyof InterpositionOptions] : undefined;
    if (check === undefined) {
      throw new InvalidOptionError(place(name), noSuchOption(name, [...others, ...Object.keys(CHECKS)]));
    }
    if (!check.test(value)) {
      throw new InvalidOptionError(place(name), `it is not ${check.is}.`);
    }
  }
  const places = PLACES.filter((name) => Reflect.get(options, name) !== undefined);
  if (places.length > 1) {
    throw new InvalidOptionError(
      whole,
      `"${places[0]}" and "${places[1]}" both say where the cassette lives; give one.`,
    );
  }
  return options;
}

/**
 * Checks what options are made of: the lists, the objects in them.
 *
 * @throws InvalidOptionError
 */
export function checkMembers(options: InterpositionOptions): void {
  new HttpPolicy(options);
  passthroughOf(options.passthrough);
}
