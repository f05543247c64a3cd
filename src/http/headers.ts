import type { HeaderPair } from '../core/interaction.js';

/** The first value of a header; `name` in lower case. */
export function headerValue(headers: readonly HeaderPair[], name: string): string | undefined {
  return headers.find((pair) => pair[0].toLowerCase() === name)?.[1];
}
