import type { InteractionRequest } from './interaction.js';
import { isSamePairs } from './pairs.js';

/** Are they the same in all their fields, headers in their order? */
export function isSameRequest(a: InteractionRequest, b: InteractionRequest): boolean {
  return (
    a.target === b.target &&
    a.action === b.action &&
    a.protocol === b.protocol &&
    isSamePairs(a.headers, b.headers) &&
    Buffer.compare(a.body, b.body) === 0
  );
}
