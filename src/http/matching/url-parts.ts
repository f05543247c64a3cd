import type { Parameter } from './request-parts.js';

/** A target cut at its delimiters. Path and query are as they stand there, without the fragment. */
export interface UrlParts {
  /** Scheme, host and port in the URL standard's form, without user-info and without a default port. */
  readonly origin: string;
  /** With its slash in front; `/` where there is none. */
  readonly path: string;
  readonly query: string | undefined;
}

/** The parts of an absolute URL; undefined for any other target. */
export function splitUrl(target: string): UrlParts | undefined {
  const authority = target.indexOf('://') + 3;
  if (authority <= 3) {
    return undefined;
  }
  const hash = target.indexOf('#', authority);
  const text = hash === -1 ? target : target.slice(0, hash);
  const mark = text.indexOf('?', authority);
  const beforeQuery = mark === -1 ? text : text.slice(0, mark);
  const slash = beforeQuery.indexOf('/', authority);
  return {
    origin: normalOrigin(slash === -1 ? beforeQuery : beforeQuery.slice(0, slash)),
    path: slash === -1 ? '/' : beforeQuery.slice(slash),
    query: mark === -1 ? undefined : text.slice(mark + 1),
  };
}

// Only what may need the URL parser gets there: it takes longer than all the rest.
const MAY_NEED_NORMALISING = /[^a-z0-9.:/[\]-]|:(?:80|443)?$/;

function normalOrigin(origin: string): string {
  if (!MAY_NEED_NORMALISING.test(origin)) {
    return origin;
  }
  try {
    const { protocol, host } = new URL(origin);
    return `${protocol}//${host}`;
  } catch {
    return origin;
  }
}

const PLAIN =
  /^https?:\/\/[a-z0-9.-]+(?::(?!(?:80|443)\/)\d+)?\/[^%?#]*(?:\?(?!.*[sS][iI][gG])[^%+#&]+(?:&[^%+#&]+)*)?$/s;

/**
 * A URL that nothing is to be decoded in and that is not signed, with its parameters sorted; undefined for others. A
 * quick look at URLs of which only the order of the parameters may be another.
 */
export function plainTarget(target: string): string | undefined {
  if (!PLAIN.test(target)) {
    return undefined;
  }
  const query = target.indexOf('?') + 1;
  return target.includes('&', query)
    ? target.slice(0, query) + target.slice(query).split('&').sort().join('&')
    : target;
}

/** The segments of a path, decoded: `/items/7` gives `['items', '7']`. */
export function pathSegments(path: string): string[] {
  const segments = path.slice(1).split('/');
  return path.includes('%') ? segments.map(percentDecoded) : segments;
}

/**
 * The parameters of a query, or of a form (application/x-www-form-urlencoded, URL standard 5.1), sorted by name;
 * repeated names keep their order. Empty pieces between two `&` are none.
 */
export function parameters(text: string): Parameter[] {
  const found = text
    .split('&')
    .filter((piece) => piece !== '')
    .map((piece): Parameter => {
      const equals = piece.indexOf('=');
      return equals === -1
        ? [formDecoded(piece), undefined]
        : [formDecoded(piece.slice(0, equals)), formDecoded(piece.slice(equals + 1))];
    });
  return found.sort(byName);
}

/** Sorts pairs by name, by code units. `sort` is stable, so pairs of one name keep their order. */
export function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0;
}

function formDecoded(text: string): string {
  return text.includes('%') || text.includes('+') ? percentDecoded(text.replaceAll('+', '%20')) : text;
}

/**
 * Decodes `%XX`. A text that does not encode UTF-8 stays as it is, with U+DC25 for each `%`: no decoded text holds a lone
 * surrogate, so it equals none.
 */
function percentDecoded(text: string): string {
  try {
    // A percent sign that begins no escape stands for itself (URL standard 1.3).
    return decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch {
    return text.replaceAll('%', '\udc25');
  }
}
