import type { JsonValue, Parameter } from '../matching/request-parts.js';
import { sameText } from '../matching/wildcard.js';
import type { Shown } from './findings.js';
import { areMadeUp } from './made-up.js';
import { shown, shownTexts } from './shown.js';

/** A name whose values differ: in a query, in a form, among headers. */
export interface NamedDifference {
  readonly name: string;
  readonly shown: Shown;
  /** Was each of the values drawn anew? */
  readonly madeUp: boolean;
}

type Values = readonly (string | undefined)[];

/** Where two lists of pairs differ, in the order of the recorded one; repeated names count in order. */
export function* compareParameters(
  recorded: readonly Parameter[],
  actual: readonly Parameter[],
  isSame: (a: string, b: string) => boolean = sameText,
): Generator<NamedDifference> {
  const before = byName(recorded);
  const now = byName(actual);
  for (const name of new Set([...before.keys(), ...now.keys()])) {
    const [a, b] = [before.get(name), now.get(name)];
    if (a === undefined || b === undefined) {
      yield { name, shown: [a && shownValues(a), b && shownValues(b)], madeUp: false };
    } else if (a.length !== b.length || a.some((value, index) => !sameValue(value, b[index], isSame))) {
      const madeUp = a.length === b.length && a.every((value, index) => areMadeUp(value, b[index]));
      yield { name, shown: shownPair(a, b), madeUp };
    }
  }
}

function byName(parameters: readonly Parameter[]): Map<string, Values> {
  const values = new Map<string, (string | undefined)[]>();
  for (const [name, value] of parameters) {
    const list = values.get(name);
    if (list === undefined) {
      values.set(name, [value]);
    } else {
      list.push(value);
    }
  }
  return values;
}

function sameValue(
  a: string | undefined,
  b: string | undefined,
  isSame: (a: string, b: string) => boolean,
): boolean {
  return a === undefined || b === undefined ? a === b : isSame(a, b);
}

function shownPair(recorded: Values, actual: Values): Shown {
  const [a, b] = [recorded[0], actual[0]];
  return recorded.length === 1 && actual.length === 1 && a !== undefined && b !== undefined
    ? shownTexts(a, b)
    : [shownValues(recorded), shownValues(actual)];
}

/** One value, or the list of several. A parameter without a value shows as null. */
function shownValues(values: Values): string {
  const list = values.map((value) => value ?? null);
  return shown(list.length === 1 ? (list[0] as JsonValue) : list);
}
