import type { RequestParts } from '../matching/request-parts.js';
import { sameText } from '../matching/wildcard.js';
import { compareBodies } from './body-differences.js';
import type { Finding, Remedy, Shown } from './findings.js';
import { isId } from './made-up.js';
import { compareParameters } from './parameter-differences.js';
import { placeText } from './place-text.js';
import { shownIfThere, shownTexts } from './shown.js';

/** So many differences of two requests are looked for. */
export const MAX_FINDINGS = 100;

/** Where what counts of two requests differs, at most 100 places; the first is the cause. */
export function differencesOf(recorded: RequestParts, actual: RequestParts): readonly Finding[] {
  const found: Finding[] = [];
  for (const finding of compare(recorded, actual)) {
    found.push(finding);
    if (found.length === MAX_FINDINGS) {
      break;
    }
  }
  return found;
}

/** Does nothing that counts differ? */
export function areAlike(recorded: RequestParts, actual: RequestParts): boolean {
  return compare(recorded, actual).next().done === true;
}

function* compare(recorded: RequestParts, actual: RequestParts): Generator<Finding> {
  yield* compareTexts('method', recorded.method, actual.method, { in: 'none' });
  yield* compareTexts('url', recorded.url, actual.url, { in: 'url' });
  yield* compareTexts('origin', recorded.origin, actual.origin, originRemedy(recorded.origin, actual.origin));
  yield* comparePaths(recorded.path ?? [], actual.path ?? []);
  for (const { name, shown, madeUp } of compareParameters(recorded.query, actual.query)) {
    yield finding(placeText('query', [name]), shown, { in: 'query', name, madeUp });
  }
  // A content-type comes and goes with the body.
  const isBodyFirst = (recorded.body.kind === 'none') !== (actual.body.kind === 'none');
  if (isBodyFirst) {
    yield* compareBodies(recorded.body, actual.body);
  }
  for (const { name, shown, madeUp } of compareParameters(recorded.headers, actual.headers, isEqual)) {
    yield finding(placeText('header', [name]), shown, { in: 'header', name, madeUp });
  }
  if (!isBodyFirst) {
    yield* compareBodies(recorded.body, actual.body);
  }
  yield* compareTexts('custom', recorded.custom, actual.custom, { in: 'custom' });
}

/** In headers, placeholders do not stand for other values. */
function isEqual(a: string, b: string): boolean {
  return a === b;
}

function finding(place: string, [recorded, actual]: Shown, remedy: Remedy): Finding {
  return { place, recorded, actual, remedy };
}

function* compareTexts(
  place: string,
  recorded: string | undefined,
  actual: string | undefined,
  remedy: Remedy,
): Generator<Finding> {
  if (recorded === undefined || actual === undefined) {
    if (recorded !== actual) {
      yield finding(place, [shownIfThere(recorded), shownIfThere(actual)], { in: 'none' });
    }
  } else if (!sameText(recorded, actual)) {
    yield finding(place, shownTexts(recorded, actual), remedy);
  }
}

const LOOPBACK = /^https?:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/;

/** A server that a test starts on this machine has another port each time. */
function originRemedy(recorded: string | undefined, actual: string | undefined): Remedy {
  return { in: LOOPBACK.test(recorded ?? '') && LOOPBACK.test(actual ?? '') ? 'port' : 'none' };
}

/** Paths of one length, segment by segment; others as a whole. */
function* comparePaths(recorded: readonly string[], actual: readonly string[]): Generator<Finding> {
  if (recorded.length !== actual.length) {
    yield finding('path', shownTexts(`/${recorded.join('/')}`, `/${actual.join('/')}`), { in: 'none' });
    return;
  }
  for (const [index, segment] of recorded.entries()) {
    const other = actual[index] ?? '';
    if (!sameText(segment, other)) {
      const remedy: Remedy = isId(segment) && isId(other) ? { in: 'path', index } : { in: 'none' };
      yield finding(`path[${index}]`, shownTexts(segment, other), remedy);
    }
  }
}
