import { hash } from 'node:crypto';
import type { InteractionRequest } from './interaction.js';

declare const brand: unique symbol;

/** SHA-256 over a request's canonical form, 64 lower-case hex characters. */
export type RequestFingerprint = string & { readonly [brand]: 'RequestFingerprint' };

/**
 * The canonical JSON of `[protocol, action, target, headers, bodyHex]`: separators `,` and `:`, header order kept,
 * everything outside U+0020 to U+007E escaped as `\uXXXX`. The bytes are those that Python's
 * `json.dumps(…, separators=(',', ':'), ensure_ascii=True)` gives, so fingerprints agree across languages.
 */
export function canonicalRequest(request: InteractionRequest): string {
  const { protocol, action, target, headers, body } = request;
  const bodyHex = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('hex');
  return JSON.stringify([protocol, action, target, headers, bodyHex]).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * A request's fingerprint. Takes a well-formed request; equal requests give equal fingerprints, on every machine
 * and in the Python library of the same name.
 */
export function fingerprint(request: InteractionRequest): RequestFingerprint {
  return hash('sha256', canonicalRequest(request), 'hex') as RequestFingerprint;
}
