import type { InteractionRequest } from '../core/interaction.js';

const CREDENTIAL_HEADERS = new Set(['authorization', 'proxy-authorization', 'cookie']);

/** What stands in a cassette in the place of a credential. */
export const REDACTED = 'REDACTED';

/** The request without its credentials: the form in which it is stored. They play no part in matching. */
export function redactCredentials(request: InteractionRequest): InteractionRequest {
  return {
    ...request,
    headers: request.headers.map(([name, value]) =>
      CREDENTIAL_HEADERS.has(name.toLowerCase()) ? [name, REDACTED] : [name, value],
    ),
  };
}
