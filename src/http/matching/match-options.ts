import { InvalidOptionError } from '../../core/errors.js';
import type { InteractionRequest } from '../../core/interaction.js';
import { noSuchOption } from '../../core/no-such-option.js';
import { DEFAULT_HEADERS } from './counted-headers.js';
import { type JsonPath, parsePath } from './json-path.js';

/** Names that do not count, or the only ones that do. A name in both does not count. */
export interface CountedNames {
  readonly ignore?: readonly string[];
  readonly only?: readonly string[];
}

/** What of a request counts when a recording is looked up for it. All but the functions can stand in JSON. */
export interface MatchOptions {
  /** Does the method count? True where left out. */
  readonly method?: boolean;
  /**
   * Does the URL without its query count? True where left out. A function gets the URL without query, fragment and
   * user-info, and gives what counts in its place. The query counts besides.
   */
  readonly url?: boolean | ((url: URL) => string);
  /** Which query parameters count, by their decoded names; all where left out. A presigned URL's signature never does. */
  readonly query?: CountedNames;
  /**
   * Which headers count: a list adds to the default ones, `ignore` takes from them, `only` is in their place. Names in
   * any case.
   */
  readonly headers?: readonly string[] | CountedNames;
  /**
   * How the body counts. `json` (the default): by what it says, where it is JSON, a form or multipart, else by its
   * bytes. `exact`: by its bytes. `ignore`: not at all. `{ ignore }`: as `json`, without the places that these JSON
   * paths name, in forms by field. A function gives what counts.
   */
  readonly body?:
    | 'json'
    | 'exact'
    | 'ignore'
    | { readonly ignore: readonly string[] }
    | ((request: InteractionRequest) => string);
  /** Counts besides, for instance a header's part. */
  readonly custom?: (request: InteractionRequest) => string;
}

/** Checked options in the form in which they are applied. */
export interface MatchPolicy {
  readonly method: boolean;
  readonly url: boolean | ((url: URL) => string);
  /** Undefined where every parameter counts. */
  readonly counts: ((parameter: string) => boolean) | undefined;
  /** In lower case. */
  readonly headers: ReadonlySet<string>;
  readonly body: 'json' | 'exact' | 'ignore' | ((request: InteractionRequest) => string);
  /** The places of the body that do not count. */
  readonly ignored: readonly JsonPath[];
  readonly custom: ((request: InteractionRequest) => string) | undefined;
}

/**
 * The policy that the options ask for.
 *
 * @throws InvalidOptionError for an unknown member, a value of the wrong kind, and a JSON path that is none.
 */
export function matchPolicy(options: MatchOptions = {}): MatchPolicy {
  const {
    method = true,
    url = true,
    query,
    headers,
    body = 'json',
    custom,
  } = members(options, 'match', ['method', 'url', 'query', 'headers', 'body', 'custom']);
  check(typeof method === 'boolean', 'match.method', 'it is not true or false.');
  check(
    typeof url === 'boolean' || typeof url === 'function',
    'match.url',
    'it is not true, false or a function.',
  );
  check(custom === undefined || typeof custom === 'function', 'match.custom', 'it is not a function.');
  return {
    method,
    url,
    counts: countedParameters(query),
    headers: headerNames(headers),
    ...bodyPolicy(body),
    custom,
  };
}

function countedParameters(query: CountedNames | undefined): MatchPolicy['counts'] {
  const { ignore, only } = countedNames(query, 'match.query');
  if (ignore === undefined && only === undefined) {
    return undefined;
  }
  return (name) => !ignore?.has(name) && (only === undefined || only.has(name));
}

function headerNames(headers: MatchOptions['headers']): ReadonlySet<string> {
  const lower = (name: string) => name.toLowerCase();
  if (Array.isArray(headers)) {
    return new Set([...DEFAULT_HEADERS, ...names(headers, 'match.headers').map(lower)]);
  }
  const { ignore, only } = countedNames(headers as CountedNames | undefined, 'match.headers');
  const counted = new Set([...(only ?? DEFAULT_HEADERS)].map(lower));
  for (const name of ignore ?? []) {
    counted.delete(lower(name));
  }
  return counted;
}

function bodyPolicy(body: NonNullable<MatchOptions['body']>): Pick<MatchPolicy, 'body' | 'ignored'> {
  if (body === 'json' || body === 'exact' || body === 'ignore' || typeof body === 'function') {
    return { body, ignored: [] };
  }
  check(
    typeof body === 'object' && body !== null && !Array.isArray(body),
    'match.body',
    'it is not "json", "exact", "ignore", { ignore: [JSON paths] } or a function.',
  );
  const { ignore = [] } = members(body, 'match.body', ['ignore']);
  const paths = names(ignore, 'match.body.ignore');
  return {
    body: 'json',
    ignored: paths.map((path, index) => parsePath(path, `match.body.ignore[${index}]`)),
  };
}

function countedNames(value: CountedNames | undefined, option: string) {
  const { ignore, only } = members(value ?? {}, option, ['ignore', 'only']);
  return {
    ignore: ignore && new Set(names(ignore, `${option}.ignore`)),
    only: only && new Set(names(only, `${option}.only`)),
  };
}

function members<T extends object>(value: T, option: string, known: readonly (keyof T & string)[]): T {
  check(
    typeof value === 'object' && value !== null && !Array.isArray(value),
    option,
    `it is not an object with ${known.join(', ')}.`,
  );
  for (const name of Object.keys(value)) {
    if (!(known as readonly string[]).includes(name)) {
      throw new InvalidOptionError(`${option}.${name}`, noSuchOption(name, known));
    }
  }
  return value;
}

function names(value: readonly string[], option: string): readonly string[] {
  check(Array.isArray(value), option, 'it is not a list of texts.');
  value.forEach((name, index) => {
    check(
      typeof name === 'string' && name !== '',
      `${option}[${index}]`,
      'it is not a text, or an empty one.',
    );
  });
  return value;
}

function check(holds: boolean, option: string, problem: string): asserts holds {
  if (!holds) {
    throw new InvalidOptionError(option, problem);
  }
}
