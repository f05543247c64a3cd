import type { HeaderPair } from '../../core/interaction.js';
import { byName } from './url-parts.js';

/** The headers that count where `match.headers` says nothing else: those that change an answer. */
export const DEFAULT_HEADERS: readonly string[] = [
  'accept',
  'accept-language',
  'content-type',
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'prefer',
  'x-http-method-override',
  'soapaction',
  'x-amz-target',
];

/**
 * The headers that count, sorted by name, the lines of one name in order; names in lower case, values trimmed.
 *
 * @param counted Their names, in lower case.
 */
export function countedHeaders(headers: readonly HeaderPair[], counted: ReadonlySet<string>): HeaderPair[] {
  const found: HeaderPair[] = [];
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (counted.has(lower)) {
      const normal = normalValue(lower, value.trim());
      if (normal !== undefined) {
        found.push([lower, normal]);
      }
    }
  }
  return found.length > 1 ? found.sort(byName) : found;
}

/** Undefined where the value says what the header's absence says (RFC 9110, 12.5.1 and 12.5.4). */
function normalValue(name: string, value: string): string | undefined {
  switch (name) {
    case 'accept':
      return value === '*/*' ? undefined : value;
    case 'accept-language':
      return value === '*' ? undefined : value;
    case 'content-type':
      return normalContentType(value);
    default:
      return value;
  }
}

// A quote that is not closed ends with the text: to look for its end again from each place would not be linear.
const PARAMETER = /;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.?)*)(?:"|$)|([^;"]*))/gs;

/**
 * A `content-type` in one spelling: type and parameter names in lower case, parameters sorted and without needless
 * quotes, without `boundary`, and without `charset=utf-8`, which is the default of what names none.
 */
export function normalContentType(value: string): string {
  const end = value.indexOf(';');
  if (end === -1) {
    return value.toLowerCase();
  }
  const kept: [string, string][] = [];
  for (const [, name = '', quoted, token = ''] of value.matchAll(PARAMETER)) {
    const lower = name.toLowerCase();
    const text = quoted?.replace(/\\(.)/gs, '$1') ?? token.trim();
    const normal = lower === 'charset' ? text.toLowerCase() : text;
    if (lower !== 'boundary' && !(lower === 'charset' && /^utf-?8$/.test(normal))) {
      kept.push([lower, /^[\w!#$%&'*+.^`|~-]+$/.test(normal) ? normal : JSON.stringify(normal)]);
    }
  }
  const type = value.slice(0, end).trim().toLowerCase();
  return [type, ...kept.sort(byName).map(([name, text]) => `${name}=${text}`)].join('; ');
}
