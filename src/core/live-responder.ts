import type { InteractionRequest, ResponseChunk } from './interaction.js';

/**
 * Answers a request live: the port through which a Broker reaches the upstream.
 *
 * Takes the request and, in `signal`, the caller's abort, which must end the exchange. Gives the response's chunks in
 * order, `sequence` from 0 without gaps, at least one. What it throws reaches the caller as it is, and the exchange
 * is then not recorded. The Broker calls `return()` on the iterator when it needs no more.
 */
export type LiveResponder = (
  request: InteractionRequest,
  options: { readonly signal: AbortSignal },
) => AsyncIterable<ResponseChunk>;
