import { InvalidOptionError } from '../../core/errors.js';
import type { JsonValue } from './request-parts.js';

/** A step of a path: to a member, to an item, or to every child. `deep`: at any depth below. */
interface Step {
  readonly to: string | number | typeof EVERY;
  readonly deep: boolean;
}

const EVERY = Symbol('every child');

/** A parsed JSON path. */
export type JsonPath = readonly Step[];

/** Paths on the way down: how many of its steps each has made. Begin with `startOf`. */
export type Cursors = readonly { readonly path: JsonPath; readonly made: number }[];

const STEP =
  /(\.\.?)(?:([\p{L}\p{N}_$-]+)|(\*))|(?:\.\.)?\[(?:(0|[1-9]\d{0,9})|(\*)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/uy;

/**
 * Parses a JSON path: `$` and then at least one of `.name`, `['any name']`, `["any name"]`, `[0]`, `[*]`, `.*`, or
 * `..` in front of a name, a bracket or a star, which means any depth. In a quoted name a backslash stands before a
 * quote or a backslash.
 *
 * @param option The option that holds the path, for the error: `match.body.ignore[0]`.
 * @throws InvalidOptionError where it is no such path.
 */
export function parsePath(text: string, option: string): JsonPath {
  if (typeof text !== 'string' || !text.startsWith('$')) {
    throw new InvalidOptionError(option, 'it is not a JSON path, such as "$.user.email".');
  }
  const steps: Step[] = [];
  for (let at = 1; at < text.length; at = STEP.lastIndex) {
    STEP.lastIndex = at;
    const match = STEP.exec(text);
    if (match === null) {
      throw new InvalidOptionError(
        option,
        `cannot read the JSON path from ${JSON.stringify(text.slice(at))} on. There are .name, ['any name'], [0], [*] and ..name.`,
      );
    }
    const [all, , name, , index, , single, double] = match;
    const quoted = (single ?? double)?.replace(/\\(.)/gs, '$1');
    const to = name ?? quoted ?? (index === undefined ? EVERY : Number(index));
    steps.push({ to, deep: all.startsWith('..') });
  }
  if (steps.length === 0) {
    throw new InvalidOptionError(option, 'the JSON path "$" names no place in the body.');
  }
  return steps;
}

/** Cursors at the root. */
export function startOf(paths: readonly JsonPath[]): Cursors {
  return paths.map((path) => ({ path, made: 0 }));
}

/** The cursors after a step down to a member (a string) or an item (a number). */
export function stepTo(cursors: Cursors, child: string | number): Cursors {
  const next: { path: JsonPath; made: number }[] = [];
  const add = (path: JsonPath, made: number) => {
    if (!next.some((other) => other.path === path && other.made === made)) {
      next.push({ path, made });
    }
  };
  for (const { path, made } of cursors) {
    const step = path[made];
    if (step !== undefined && (step.to === EVERY || step.to === child)) {
      add(path, made + 1);
    }
    if (step?.deep) {
      add(path, made);
    }
  }
  return next;
}

/** Does a path end here? */
export function isEnd(cursors: Cursors): boolean {
  return cursors.some(({ path, made }) => made === path.length);
}

/**
 * The value with every place that a path names replaced by what `change` gives for it; where it gives undefined, the
 * member or item is left out. The value itself is left alone, and given back where no place is named.
 */
export function changeAt(
  value: JsonValue,
  cursors: Cursors,
  change: (value: JsonValue) => JsonValue | undefined,
): JsonValue {
  if (cursors.length === 0 || typeof value !== 'object' || value === null) {
    return value;
  }
  const below = (child: JsonValue, name: string | number): JsonValue | undefined => {
    const next = stepTo(cursors, name);
    const changed = isEnd(next) ? change(child) : child;
    return changed === undefined ? undefined : changeAt(changed, next, change);
  };
  if (Array.isArray(value)) {
    return (value as readonly JsonValue[]).map(below).filter((item) => item !== undefined);
  }
  // fromEntries defines members, so that a member `__proto__` stays one.
  const members = Object.entries(value).map(([name, child]) => [name, below(child, name)] as const);
  return Object.fromEntries(members.filter(([, child]) => child !== undefined)) as JsonValue;
}

/** The values at the places that the path names, in the order of the document. */
export function valuesAt(value: JsonValue, path: JsonPath): JsonValue[] {
  const found: JsonValue[] = [];
  changeAt(value, startOf([path]), (at) => {
    found.push(at);
    return at;
  });
  return found;
}
