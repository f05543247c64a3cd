const BRANDS = ['UND_ERR', 'UND_ERR_ABORT', 'UND_ERR_ABORTED'];

/**
 * What undici raises where a program aborts without a reason. It answers to undici's own `instanceof`, which goes by
 * these symbols; the library does not load undici to get at its class.
 */
export class RequestAbortedError extends Error {
  override readonly name = 'AbortError';
  readonly code = 'UND_ERR_ABORTED';

  constructor() {
    super('Request aborted');
    for (const brand of BRANDS) {
      Object.defineProperty(this, Symbol.for(`undici.error.${brand}`), { value: true });
    }
  }
}
