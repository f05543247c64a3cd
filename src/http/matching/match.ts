import type { Address } from '../../core/address.js';
import { InvalidOptionError } from '../../core/errors.js';
import type { HeaderPair, InteractionRequest } from '../../core/interaction.js';
import type { RequestHead } from '../../core/recording.js';
import { isWebSocket } from '../websocket-protocol.js';
import { addressOf } from './address.js';
import { changeBody, readBody, readExactly } from './body-parts.js';
import { countedHeaders } from './counted-headers.js';
import { type Cursors, startOf } from './json-path.js';
import { matchKey } from './match-key.js';
import { type MatchOptions, type MatchPolicy, matchPolicy } from './match-options.js';
import {
  type BodyParts,
  type JsonValue,
  type Parameter,
  type RequestParts,
  VARIED,
} from './request-parts.js';
import { withoutSignature } from './signature-parameters.js';
import { parameters, pathSegments, plainTarget, splitUrl, type UrlParts } from './url-parts.js';
import { parseVaryPlace, type VaryPlace } from './vary-places.js';
import { hasWildcard, resembling } from './wildcard.js';

export type { CountedNames, MatchOptions } from './match-options.js';

/** A matching policy: it tells which requests are the same. */
export class HttpMatch {
  /** What it was made of. */
  readonly options: { readonly match: MatchOptions; readonly vary: readonly string[] };
  readonly #policy: MatchPolicy;
  readonly #variedHeaders: ReadonlySet<string>;
  readonly #variedQuery: ReadonlySet<string>;
  readonly #variedSegments: ReadonlySet<number>;
  /** Does all of the URL count, but for its spelling? */
  readonly #wholeUrl: boolean;
  readonly #ignored: Cursors;
  readonly #varied: Cursors;

  /**
   * @param match What counts; see `MatchOptions` for what holds where it says nothing.
   * @param vary Places whose value does not count, but only that there is one; see `parseVaryPlace`.
   * @throws InvalidOptionError where either cannot be used.
   */
  constructor(match: MatchOptions = {}, vary: readonly string[] = []) {
    this.#policy = matchPolicy(match);
    this.options = { match, vary };
    const places = parsePlaces(vary);
    this.#variedHeaders = new Set(places.flatMap((place) => (place.in === 'header' ? [place.name] : [])));
    this.#variedQuery = new Set(places.flatMap((place) => (place.in === 'query' ? [place.name] : [])));
    this.#variedSegments = new Set(places.flatMap((place) => (place.in === 'path' ? [place.index] : [])));
    this.#wholeUrl =
      this.#policy.url === true &&
      this.#policy.counts === undefined &&
      this.#variedQuery.size + this.#variedSegments.size === 0;
    this.#ignored = startOf(this.#policy.ignored);
    this.#varied = startOf(places.flatMap((place) => (place.in === 'body' ? [place.path] : [])));
    const inBody = places.findIndex((place) => place.in === 'body');
    if (inBody !== -1 && this.#policy.body === 'exact') {
      throw new InvalidOptionError(
        `vary[${inBody}]`,
        'it names a place in the body, but match.body is "exact", where every byte counts. Use "json".',
      );
    }
  }

  /** Does a function of the options decide? Its answer may depend on more than the request. */
  get asksFunction(): boolean {
    const { url, body, custom } = this.#policy;
    return typeof url === 'function' || typeof body === 'function' || custom !== undefined;
  }

  /**
   * The match key of a request, redacted or not: requests that the policy takes for the same have the same, all others
   * have different ones. Each placeholder of a redacted value in the URL or the body is a wildcard in it, so requests that
   * differ in their secrets only have one key. In headers that count, placeholders are told apart.
   *
   * @throws InvalidOptionError where a function of the options gives no string.
   */
  key(request: InteractionRequest): string {
    return matchKey(this.parts(request));
  }

  /**
   * What the URL alone decides of a key: requests with one key have one group. Undefined where a function decides. Takes
   * a request whose target holds no placeholder.
   */
  group({ target }: RequestHead): string | undefined {
    const { url: counts } = this.#policy;
    if (typeof counts === 'function') {
      return undefined;
    }
    const plain = this.#wholeUrl ? plainTarget(target) : undefined;
    if (plain !== undefined) {
      return plain;
    }
    const url = splitUrl(target);
    const path = url === undefined ? target : `${url.origin}/${this.#path(url.path).join('/')}`;
    const query = this.#query(url?.query).map(([name, value]) =>
      value === undefined ? name : `${name}=${value}`,
    );
    return (counts ? path : '') + (query.length === 0 ? '' : `?${query.sort().join('&')}`);
  }

  /**
   * The part of the address that requests with one key have in common. Undefined where that is nothing: where a
   * placeholder may stand in the path, a part of it varies, or not all of it counts.
   */
  address({ target }: RequestHead): Address | undefined {
    const isPathFixed = this.#policy.url === true && this.#variedSegments.size === 0;
    const address = isPathFixed ? addressOf(target) : undefined;
    return address === undefined || this.#wholeUrl ? address : { path: address.path, query: undefined };
  }

  /**
   * What counts of a request, in a structure. What does not count is absent, and `VARIED` stands for what varies.
   *
   * @throws InvalidOptionError where a function of the options gives no string.
   */
  parts(request: InteractionRequest): RequestParts {
    const { method, headers, custom } = this.#policy;
    const url = splitUrl(request.target);
    const parts: { -readonly [name in keyof RequestParts]: RequestParts[name] } = {
      query: this.#query(url?.query),
      headers: this.#headers(countedHeaders(request.headers, headers)),
      body: this.#body(request),
    };
    if (isWebSocket(request)) {
      parts.protocol = request.protocol;
    }
    if (method) {
      parts.method = request.action;
    }
    if (this.#policy.url === true && url !== undefined) {
      parts.origin = url.origin;
      parts.path = this.#path(url.path);
    } else if (this.#policy.url !== false) {
      parts.url = this.#url(request.target, url);
    }
    if (custom !== undefined) {
      parts.custom = checkedText(custom(request), 'match.custom');
    }
    return parts;
  }

  /**
   * Is a recording's key the same as a request's, where the wildcards of either stand for any text? For requests that no
   * recording has the exact key of: one was redacted by a value that the other's environment does not know.
   */
  resembles(key: string, recordedKey: string): boolean {
    return resembling(key, recordedKey);
  }

  /** Does a key hold a wildcard, so that it can resemble another? */
  isOpen(key: string): boolean {
    return hasWildcard(key);
  }

  /** Does a header count, and so tell requests apart? The name is in lower case. */
  counts(header: string): boolean {
    return this.#policy.headers.has(header) && !this.#variedHeaders.has(header);
  }

  #path(path: string): string[] {
    const segments = pathSegments(path);
    for (const index of this.#variedSegments) {
      if (segments[index]) {
        segments[index] = VARIED;
      }
    }
    return segments;
  }

  #url(target: string, parts: UrlParts | undefined): string {
    const { url } = this.#policy;
    const text = parts === undefined ? '' : `${parts.origin}${parts.path}`;
    return typeof url === 'function' && URL.canParse(text)
      ? checkedText(url(new URL(text)), 'match.url')
      : target;
  }

  #query(query: string | undefined): readonly Parameter[] {
    if (!query) {
      return [];
    }
    const { counts } = this.#policy;
    const all = withoutSignature(parameters(query));
    const counted = counts ? all.filter(([name]) => counts(name)) : all;
    return this.#variedQuery.size === 0
      ? counted
      : counted.map(([name, value]) => [
          name,
          value !== undefined && this.#variedQuery.has(name) ? VARIED : value,
        ]);
  }

  #headers(counted: HeaderPair[]): readonly HeaderPair[] {
    return this.#variedHeaders.size === 0
      ? counted
      : counted.map((pair) => (this.#variedHeaders.has(pair[0]) ? [pair[0], VARIED] : pair));
  }

  #body(request: InteractionRequest): BodyParts {
    const { body } = this.#policy;
    if (typeof body === 'function') {
      return { kind: 'custom', text: checkedText(body(request), 'match.body') };
    }
    switch (body) {
      case 'ignore':
        return { kind: 'none' };
      case 'exact':
        return readExactly(request.body);
      case 'json': {
        const read = readBody(request.body, request.headers);
        const counted = this.#ignored.length === 0 ? read : changeBody(read, this.#ignored, () => undefined);
        return this.#varied.length === 0 ? counted : changeBody(counted, this.#varied, varied);
      }
    }
  }
}

function parsePlaces(vary: readonly string[]): VaryPlace[] {
  if (!Array.isArray(vary)) {
    throw new InvalidOptionError('vary', 'it is not a list of places, such as "body:$.email".');
  }
  return vary.map(parseVaryPlace);
}

function varied(value: JsonValue): JsonValue {
  return typeof value === 'string' || typeof value === 'number' ? VARIED : value;
}

function checkedText(result: string, option: string): string {
  if (typeof result !== 'string') {
    throw new InvalidOptionError(option, `its function gave ${typeof result}, not a string.`);
  }
  return result;
}
