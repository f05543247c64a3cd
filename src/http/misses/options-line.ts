import type { MatchOptions } from '../matching/match.js';

/** What a policy is made of. */
export interface Options {
  readonly match: MatchOptions;
  readonly vary: readonly string[];
}

/** A `match.url` that leaves the origin out; the one function that a line can hold. */
export function pathOf(url: URL): string {
  return url.pathname;
}

/**
 * The options that are not those in force, as JavaScript to paste: `match: { … }, vary: […]`. Each is whole. Functions that
 * stay as they are stand as a comment.
 */
export function optionsLine(options: Options, inForce: Options): string {
  const names = (['match', 'vary'] as const).filter(
    (name) => literal(options[name]) !== literal(inForce[name]),
  );
  return names.map((name) => `${name}: ${literal(options[name])}`).join(', ');
}

function literal(value: unknown): string {
  if (value === pathOf) {
    return '(url) => url.pathname';
  }
  if (Array.isArray(value)) {
    return `[${value.map(literal).join(', ')}]`;
  }
  if (typeof value !== 'object' || value === null) {
    return JSON.stringify(value);
  }
  const pieces: string[] = [];
  const kept: string[] = [];
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'function' && member !== pathOf) {
      kept.push(`/* ${name}: as it is */`);
    } else {
      pieces.push(`${name}: ${literal(member)}`);
    }
  }
  const text = [pieces.join(', '), ...kept].filter((piece) => piece !== '').join(' ');
  return text === '' ? '{}' : `{ ${text} }`;
}
