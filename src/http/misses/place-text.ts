import { shortened } from './shown.js';

/** Steps to a place in a body: names of members, fields and parts; numbers of items; `EVERY` item. */
export type Steps = readonly (string | number | typeof EVERY)[];

export const EVERY = Symbol('every item');

const LONGEST_PLACE = 120;

/** A place for people: `body.user.id`, `body.items[0]`, `query["a b"]`. Shortened where it is very long. */
export function placeText(root: string, steps: Steps): string {
  const text = steps.map((step) => {
    if (typeof step !== 'string') {
      return stepText(step);
    }
    return /^[\p{L}\p{N}_$-]+$/u.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  });
  return shortened(`${root}${text.join('')}`, LONGEST_PLACE);
}

/** The steps as a JSON path that `parsePath` reads. */
export function jsonPath(steps: Steps): string {
  const text = steps.map((step) => {
    if (typeof step !== 'string') {
      return stepText(step);
    }
    return /^[\p{L}\p{N}_$-]+$/u.test(step) ? `.${step}` : `['${step.replace(/['\\]/g, '\\$&')}']`;
  });
  return `$${text.join('')}`;
}

function stepText(step: number | typeof EVERY): string {
  return step === EVERY ? '[*]' : `[${step}]`;
}
