import type { HeaderPair, InteractionRequest } from '../core/interaction.js';

const CREDENTIAL_HEADERS = new Set(['authorization', 'proxy-authorization', 'cookie']);

/** What stands in a cassette in the place of a credential. */
export const REDACTED = 'REDACTED';

/**
 * The request without its credentials: the form in which it is looked up and stored, so that a fingerprint that covers
 * the headers is the same in both.
 */
export function redactCredentials(request: InteractionRequest): InteractionRequest {
  if (!request.headers.some(isCredential)) {
    return request;
  }
  const headers = request.headers.map(
    (pair): HeaderPair => (isCredential(pair) ? [pair[0], REDACTED] : pair),
  );
  return { ...request, headers };
}

function isCredential([name]: HeaderPair): boolean {
  return CREDENTIAL_HEADERS.has(name.toLowerCase());
}
