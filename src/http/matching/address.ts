import type { Address } from '../../core/address.js';
import { withoutSignature } from './signature-parameters.js';
import { parameters, pathSegments, splitUrl } from './url-parts.js';
import { mayHoldPlaceholder } from './wildcard.js';

/**
 * The address of a target, which all spellings of it have in common that can have one match key, and the signatures of a
 * presigned URL. In ASCII. Undefined where its path may hold a placeholder; so is its query where that may.
 *
 * Stores keep it beside what they store: another form of it is another version of theirs.
 */
export function addressOf(target: string): Address | undefined {
  const url = splitUrl(target);
  const path = url === undefined ? target : `${url.origin}/${pathSegments(url.path).join('/')}`;
  const [beforeQuery = ''] = target.split('?', 1);
  if (mayHoldPlaceholder(beforeQuery) || mayHoldPlaceholder(path)) {
    return undefined;
  }
  const query = queryOf(url?.query ?? '');
  const mayVary = mayHoldPlaceholder(target) || mayHoldPlaceholder(query);
  return { path: ascii(path), query: mayVary ? undefined : ascii(query) };
}

function queryOf(query: string): string {
  return withoutSignature(parameters(query))
    .map(([name, value]) => (value === undefined ? name : `${name}=${value}`))
    .sort()
    .join('&');
}

// What a database makes of half a surrogate pair is its own business.
function ascii(text: string): string {
  return text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
