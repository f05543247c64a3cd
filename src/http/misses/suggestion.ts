import { InvalidOptionError } from '../../core/errors.js';
import type { InteractionRequest } from '../../core/interaction.js';
import { DEFAULT_HEADERS } from '../matching/counted-headers.js';
import { HttpMatch, type MatchOptions } from '../matching/match.js';
import { differencesOf } from './differences.js';
import type { Finding } from './findings.js';
import { type Options, optionsLine, pathOf } from './options-line.js';
import { EVERY, jsonPath, type Steps } from './place-text.js';

/** A longer line is no help, and no more paths are listed one by one. */
const LONGEST_LINE = 400;
const MOST_PATHS = 10;

/**
 * Options, as a line to paste into a program, under which a recorded request matches the one that was made: those in
 * force, and what is needed besides. Undefined where the two are different requests, such as of different methods.
 *
 * @param findings Where they differ under the policy in force.
 */
export function suggestion(
  recorded: InteractionRequest,
  actual: InteractionRequest,
  findings: readonly Finding[],
  match: HttpMatch,
): string | undefined {
  const inForce = match.options;
  const relaxed = withoutFunctions(inForce, findings);
  const left = relaxed === inForce ? findings : differencesUnder(relaxed, recorded, actual);
  if (left.some(({ remedy }) => remedy.in === 'none')) {
    return undefined;
  }
  const detailed = withRemedies(relaxed, left);
  const coarse = withRemedies(relaxed, left.map(forWholeBody));
  for (const options of [detailed, coarse]) {
    const line = matches(options, recorded, actual) ? optionsLine(options, inForce) : '';
    if (line !== '' && line.length <= LONGEST_LINE) {
      return line;
    }
  }
  return undefined;
}

/** The options without those that no line can narrow down: functions, and bodies of which every byte counts. */
function withoutFunctions(options: Options, findings: readonly Finding[]): Options {
  const { url, body, custom, ...rest } = options.match;
  const differs = (place: string) => findings.some(({ remedy }) => remedy.in === place);
  const dropsUrl = differs('url');
  const dropsBody = differs('body') && (body === 'exact' || typeof body === 'function');
  const dropsCustom = differs('custom');
  if (!dropsUrl && !dropsBody && !dropsCustom) {
    return options;
  }
  const match = {
    ...rest,
    ...(url !== undefined && !dropsUrl && { url }),
    ...(body !== undefined && !dropsBody && { body }),
    ...(custom !== undefined && !dropsCustom && { custom }),
  };
  return { match, vary: options.vary };
}

function differencesUnder(
  { match, vary }: Options,
  recorded: InteractionRequest,
  actual: InteractionRequest,
): readonly Finding[] {
  const policy = new HttpMatch(match, vary);
  return differencesOf(policy.parts(recorded), policy.parts(actual));
}

function matches(
  { match, vary }: Options,
  recorded: InteractionRequest,
  actual: InteractionRequest,
): boolean {
  try {
    const policy = new HttpMatch(match, vary);
    const [key, recordedKey] = [policy.key(actual), policy.key(recorded)];
    return key === recordedKey || policy.resembles(key, recordedKey);
  } catch (error) {
    // No option can name the place, such as a parameter without a name.
    if (error instanceof InvalidOptionError) {
      return false;
    }
    throw error;
  }
}

function forWholeBody(finding: Finding): Finding {
  return finding.remedy.in === 'body'
    ? { ...finding, remedy: { in: 'body', steps: [], madeUp: false } }
    : finding;
}

function withRemedies(options: Options, findings: readonly Finding[]): Options {
  const remedies = findings.map(({ remedy }) => remedy);
  const named = (place: 'query' | 'header', madeUp: boolean) =>
    remedies.flatMap((remedy) => (remedy.in === place && remedy.madeUp === madeUp ? [remedy.name] : []));
  const inBody = bodyPlaces(remedies.flatMap((remedy) => (remedy.in === 'body' ? [remedy] : [])));
  const query = withoutParameters(options.match.query, named('query', false));
  const headers = withoutHeaders(options.match.headers, named('header', false));
  const body = withoutPlaces(options.match.body, inBody);
  const match: MatchOptions = {
    ...options.match,
    ...(remedies.some((remedy) => remedy.in === 'port') && { url: pathOf }),
    ...(query !== undefined && { query }),
    ...(headers !== undefined && { headers }),
    ...(body !== undefined && { body }),
  };
  const vary = [
    ...options.vary,
    ...remedies.flatMap((remedy) => (remedy.in === 'path' ? [`path:${remedy.index}`] : [])),
    ...named('query', true).map((name) => `query:${name}`),
    ...named('header', true).map((name) => `header:${name}`),
    ...(inBody === 'whole' ? [] : inBody.varied.map((steps) => `body:${jsonPath(steps)}`)),
  ];
  return { match, vary };
}

function withoutParameters(query: MatchOptions['query'], names: readonly string[]): MatchOptions['query'] {
  if (names.length === 0) {
    return query;
  }
  return query?.only === undefined
    ? { ...query, ignore: [...(query?.ignore ?? []), ...names] }
    : { ...query, only: query.only.filter((name) => !names.includes(name)) };
}

function withoutHeaders(headers: MatchOptions['headers'], names: readonly string[]): MatchOptions['headers'] {
  const isKept = (name: string) => !names.includes(name.toLowerCase());
  if (names.length === 0) {
    return headers;
  }
  if (isList(headers)) {
    return names.some((name) => DEFAULT_HEADERS.includes(name))
      ? { only: [...DEFAULT_HEADERS, ...headers].filter(isKept) }
      : headers.filter(isKept);
  }
  return headers?.only === undefined
    ? { ...headers, ignore: [...(headers?.ignore ?? []), ...names] }
    : { ...headers, only: headers.only.filter(isKept) };
}

function isList(headers: MatchOptions['headers']): headers is readonly string[] {
  return Array.isArray(headers);
}

type BodyPlaces = 'whole' | { readonly ignored: readonly Steps[]; readonly varied: readonly Steps[] };

interface BodyPlace {
  readonly steps: Steps;
  readonly madeUp: boolean;
}

/** The places of a body, each once; those that differ in the number of an item only are one, of every item. */
function bodyPlaces(places: readonly BodyPlace[]): BodyPlaces {
  const byKind = new Map<string, BodyPlace>();
  for (const { steps, madeUp } of places) {
    const anywhere = steps.map(anyItem);
    const kind = jsonPath(anywhere);
    const other = byKind.get(kind);
    const isFirst = other === undefined || jsonPath(other.steps) === jsonPath(steps);
    byKind.set(kind, { steps: isFirst ? steps : anywhere, madeUp: madeUp && other?.madeUp !== false });
  }
  const one = [...byKind.values()];
  if (one.length > MOST_PATHS || one.some(({ steps }) => steps.length === 0)) {
    return 'whole';
  }
  const paths = (madeUp: boolean) => one.filter((place) => place.madeUp === madeUp).map(({ steps }) => steps);
  return { ignored: paths(false), varied: paths(true) };
}

function anyItem(step: Steps[number]): Steps[number] {
  return typeof step === 'number' ? EVERY : step;
}

function withoutPlaces(body: MatchOptions['body'], places: BodyPlaces): MatchOptions['body'] {
  if (places === 'whole') {
    return 'ignore';
  }
  if (places.ignored.length === 0) {
    return body;
  }
  const before = typeof body === 'object' ? body.ignore : [];
  return { ignore: [...before, ...places.ignored.map(jsonPath)] };
}
