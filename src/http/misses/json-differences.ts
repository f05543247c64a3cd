import type { JsonValue } from '../matching/request-parts.js';
import { sameText } from '../matching/wildcard.js';
import { bodyFinding, type Finding, type Shown } from './findings.js';
import { areMadeUp } from './made-up.js';
import { placeText, type Steps } from './place-text.js';
import { shown, shownIfThere, shownTexts } from './shown.js';

type Members = { readonly [name: string]: JsonValue };

/** Where two JSON values differ, in the order of the recorded one. `steps` lead from the body to them. */
export function* compareJson(recorded: JsonValue, actual: JsonValue, steps: Steps): Generator<Finding> {
  if (Array.isArray(recorded) && Array.isArray(actual)) {
    yield* recorded.length === actual.length
      ? compareItems(recorded, actual, steps)
      : compareLengths(recorded, actual, steps);
  } else if (isObject(recorded) && isObject(actual)) {
    yield* compareMembers(recorded, actual, steps);
  } else if (typeof recorded === 'string' && typeof actual === 'string') {
    if (!sameText(recorded, actual)) {
      yield bodyFinding(steps, shownTexts(recorded, actual), { madeUp: areMadeUp(recorded, actual) });
    }
  } else if (recorded !== actual) {
    yield bodyFinding(steps, [shown(recorded), shown(actual)], { madeUp: areMadeUp(recorded, actual) });
  }
}

function isObject(value: JsonValue): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function* compareMembers(recorded: Members, actual: Members, steps: Steps): Generator<Finding> {
  for (const [name, value] of Object.entries(recorded)) {
    if (!Object.hasOwn(actual, name)) {
      yield bodyFinding([...steps, name], [shown(value), undefined]);
    } else if (value !== actual[name]) {
      const findings = compareJson(value, actual[name] as JsonValue, [...steps, name]);
      yield* name === 'id' && isCall(recorded) && isCall(actual) ? asMadeUp(findings) : findings;
    }
  }
  for (const [name, value] of Object.entries(actual)) {
    if (!Object.hasOwn(recorded, name)) {
      yield bodyFinding([...steps, name], [undefined, shown(value)]);
    }
  }
}

/** Of JSON-RPC 2.0: its id only tells which answer is whose, and most clients count theirs up. */
function isCall({ jsonrpc, method, id }: Members): boolean {
  return (
    jsonrpc === '2.0' && typeof method === 'string' && (typeof id === 'number' || typeof id === 'string')
  );
}

function* asMadeUp(findings: Iterable<Finding>): Generator<Finding> {
  for (const finding of findings) {
    const { remedy } = finding;
    yield remedy.in === 'body' ? { ...finding, remedy: { ...remedy, madeUp: true } } : finding;
  }
}

type Items = readonly JsonValue[];

function* compareItems(recorded: Items, actual: Items, steps: Steps): Generator<Finding> {
  for (const [index, item] of recorded.entries()) {
    if (item !== actual[index]) {
      yield* compareJson(item, actual[index] as JsonValue, [...steps, index]);
    }
  }
}

/** First the lengths, then what stands between the items that both lists begin with and those that both end with. */
function* compareLengths(recorded: Items, actual: Items, steps: Steps): Generator<Finding> {
  const lengths: Shown = [String(recorded.length), String(actual.length)];
  yield bodyFinding(steps, lengths, { place: placeText('body', [...steps, 'length']) });
  const shorter = Math.min(recorded.length, actual.length);
  let start = 0;
  while (start < shorter && isSame(recorded[start], actual[start])) {
    start++;
  }
  let end = 0;
  while (end < shorter - start && isSame(recorded.at(-1 - end), actual.at(-1 - end))) {
    end++;
  }
  const before = recorded.slice(start, recorded.length - end);
  const now = actual.slice(start, actual.length - end);
  for (let index = 0; index < Math.max(before.length, now.length); index++) {
    const [a, b] = [before[index], now[index]];
    const to = [...steps, start + index];
    const inItem =
      a === undefined || b === undefined
        ? [bodyFinding(to, [shownIfThere(a), shownIfThere(b)])]
        : compareJson(a, b, to);
    for (const { place, recorded: was, actual: is } of inItem) {
      // The items do not stand in the same places, so only the list as a whole can be left out.
      yield bodyFinding(steps, [was, is], { place });
    }
  }
}

function isSame(recorded: JsonValue | undefined, actual: JsonValue | undefined): boolean {
  return (
    recorded === actual || compareJson(recorded as JsonValue, actual as JsonValue, []).next().done === true
  );
}
