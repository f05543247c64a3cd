import type { HeaderPair } from '../../core/interaction.js';
import { isSameHeaders } from '../../core/pairs.js';
import { asUndiciError } from './undici-error.js';

/** RFC 9110, 5.1 and 5.6.2. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110, 5.5, one character a byte. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** A program sends the same headers again and again. */
let accepted: readonly HeaderPair[] = [];

/** What undici refuses a request with whose headers hold what none can, before it asks anybody; undefined where none does. */
export function refusedHeader(headers: readonly HeaderPair[]): Error | undefined {
  if (isSameHeaders(headers, accepted)) {
    return undefined;
  }
  for (const [name, value] of headers) {
    if (!NAME.test(name)) {
      return invalidArgument('invalid header key');
    }
    if (!VALUE.test(value)) {
      return invalidArgument(`invalid ${name} header`);
    }
  }
  accepted = headers;
  return undefined;
}

function invalidArgument(message: string): Error {
  const own = { name: 'InvalidArgumentError', code: 'UND_ERR_INVALID_ARG' };
  return asUndiciError(Object.assign(new Error(message), own));
}
