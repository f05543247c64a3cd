import type { Difference } from '../../core/miss.js';
import { placeText, type Steps } from './place-text.js';

/** What a matching policy would have to leave out, so that a difference does not count. */
export type Remedy =
  | {
      readonly in: 'query' | 'header';
      readonly name: string;
      /** Was the value drawn anew, so that it is a variable? */
      readonly madeUp: boolean;
    }
  /** A segment of the path that holds an id. */
  | { readonly in: 'path'; readonly index: number }
  /** The port of a server on this machine. */
  | { readonly in: 'port' }
  /** Without steps: the whole body. */
  | { readonly in: 'body'; readonly steps: Steps; readonly madeUp: boolean }
  /** What a function of the policy gives. */
  | { readonly in: 'url' | 'custom' }
  /** Nothing: what differs there is another request. */
  | { readonly in: 'none' };

/** A difference, and what would make it not count. */
export interface Finding extends Difference {
  readonly remedy: Remedy;
}

/** What two values show of themselves; undefined where one of them is absent. */
export type Shown = readonly [recorded: string | undefined, actual: string | undefined];

/** A difference in a body, at the place that the steps lead to, which is also what would have to be left out. */
export function bodyFinding(
  steps: Steps,
  [recorded, actual]: Shown,
  { place = placeText('body', steps), madeUp = false } = {},
): Finding {
  return { place, recorded, actual, remedy: { in: 'body', steps, madeUp } };
}
