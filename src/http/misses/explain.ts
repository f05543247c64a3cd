import type { InteractionRequest } from '../../core/interaction.js';
import type { Difference, KnownRequest, MissExplanation, MissReason, NearMiss } from '../../core/miss.js';
import { HttpMatch } from '../matching/match.js';
import { areAlike, differencesOf, MAX_FINDINGS } from './differences.js';
import type { Finding } from './findings.js';
import { likelyNearest } from './nearest.js';
import { shortened } from './shown.js';
import { suggestion } from './suggestion.js';

/** So many recordings are looked at closely, and of large ones no more than so many bytes. */
const EXAMINED = 20;
const EXAMINED_BYTES = 2 * 1024 * 1024;

/** So many recordings are told. */
const TOLD = 3;

/** A recording beside the request. */
interface Comparison {
  readonly recording: KnownRequest;
  readonly findings: readonly Finding[];
  /** Would it match, if no matching options were given? */
  readonly matchesByDefault: boolean;
}

/**
 * Why a request was a MISS. Takes the request and the recordings as the policy gives them, without secrets. Costs
 * no more than a look at each recording's URL and the ends of its body, and a close look at 20 of them.
 */
export function explainMiss(
  request: InteractionRequest,
  known: readonly KnownRequest[],
  match: HttpMatch,
): MissExplanation {
  const compared = distinct(compareWith(request, known, match)).sort(
    (a, b) => cost(a) - cost(b) || Number(a.recording.used) - Number(b.recording.used),
  );
  const [best] = compared;
  if (best === undefined) {
    return { reason: 'empty', nearest: [], suggestion: undefined };
  }
  return {
    reason: reasonOf(best, compared),
    nearest: compared.slice(0, TOLD).map(nearMiss),
    suggestion:
      best.findings.length === 0
        ? undefined
        : suggestion(best.recording.request, request, best.findings, match),
  };
}

function compareWith(
  request: InteractionRequest,
  known: readonly KnownRequest[],
  match: HttpMatch,
): Comparison[] {
  const actual = match.parts(request);
  const wouldMatch = isDefault(match) ? undefined : matchingByDefault(request);
  const compared: Comparison[] = [];
  let bytes = 0;
  for (const recording of likelyNearest(request, known, EXAMINED)) {
    bytes += recording.request.body.byteLength;
    if (compared.length > 0 && bytes > EXAMINED_BYTES) {
      break;
    }
    const findings = differencesOf(match.parts(recording.request), actual);
    const matchesByDefault = wouldMatch?.(recording.request) ?? findings.length === 0;
    compared.push({ recording, findings, matchesByDefault });
  }
  return compared;
}

function isDefault({ options: { match, vary } }: HttpMatch): boolean {
  return Object.keys(match).length === 0 && vary.length === 0;
}

function matchingByDefault(request: InteractionRequest): (recorded: InteractionRequest) => boolean {
  const standard = new HttpMatch();
  const actual = standard.parts(request);
  return (recorded) => areAlike(standard.parts(recorded), actual);
}

/** Recordings of which the same would be told are one. */
function distinct(compared: readonly Comparison[]): Comparison[] {
  const byText = new Map<string, Comparison>();
  for (const comparison of compared) {
    const { recording, findings } = comparison;
    const text = JSON.stringify([recording.request.action, recording.request.target, findings]);
    const { used = true } = byText.get(text)?.recording ?? {};
    byText.set(text, { ...comparison, recording: { ...recording, used: used && recording.used } });
  }
  return [...byText.values()];
}

const ANOTHER_REQUEST = 1000;
const ANOTHER_RESOURCE = 4;
/** A value that is another one in each run says least of which request it is. */
const MADE_UP = 0.5;

/** How far a recording is from the request. One that only the options in force keep apart is nearest. */
function cost({ findings, matchesByDefault }: Comparison): number {
  const costs = findings.map(({ remedy }) =>
    remedy.in === 'none'
      ? ANOTHER_REQUEST
      : remedy.in === 'path' || remedy.in === 'port'
        ? ANOTHER_RESOURCE
        : 'madeUp' in remedy && remedy.madeUp
          ? MADE_UP
          : 1,
  );
  return matchesByDefault ? -1 : costs.reduce((sum, one) => sum + one, 0);
}

function reasonOf(best: Comparison, compared: readonly Comparison[]): MissReason {
  if (best.findings.length === 0 && best.recording.used) {
    return 'used';
  }
  if (best.matchesByDefault || best.findings.length === 0) {
    return 'policy';
  }
  const near = compared.filter(({ findings }) =>
    findings.every(({ remedy }) => remedy.in !== 'none' && remedy.in !== 'url'),
  );
  if (near.length === 0) {
    return 'never-recorded';
  }
  return near.every(({ recording }) => recording.used) ? 'used' : 'differs';
}

function nearMiss({ recording, findings }: Comparison): NearMiss {
  const { action, target } = recording.request;
  const differences = findings.map(
    ({ place, recorded, actual }): Difference => ({ place, recorded, actual }),
  );
  return { action, target, used: recording.used, differences };
}

const DIFFERENCES_TOLD = 10;
const PLACES_TOLD = 3;
const LONGEST_TARGET = 300;

/** An explanation as lines for an error's message. */
export function missText({ reason, nearest, suggestion }: MissExplanation): string {
  const [first, ...others] = nearest;
  if (first === undefined) {
    return reason === 'empty' ? 'The cassette is empty.' : 'Nothing like it was recorded.';
  }
  const lines = [
    reasonText(reason, first),
    `  ${requestText(first)}`,
    ...differenceLines(first).map((line) => `    ${line}`),
  ];
  if (others.length > 0) {
    lines.push('Then come:', ...others.map((other) => `  ${requestText(other)}: ${placesText(other)}`));
  }
  if (suggestion !== undefined) {
    lines.push('To make it match the nearest, give these options:', `  ${suggestion}`);
  }
  return lines.join('\n');
}

function reasonText(reason: MissReason, { differences }: NearMiss): string {
  switch (reason) {
    case 'policy':
      return differences.length === 0
        ? 'It was recorded, but does not count as the same request:'
        : `It was recorded, but is told apart by ${optionsIn(differences)}:`;
    case 'used':
      return 'It is one request more than were recorded: what comes near has answered others of this run. The nearest:';
    case 'differs':
      return 'The nearest recording differs:';
    default:
      return 'Nothing like it was recorded. The nearest:';
  }
}

/** The options whose default would not tell these places apart. */
function optionsIn(differences: readonly Difference[]): string {
  const options = differences.map(({ place }) => {
    const [root = ''] = /^\w+/.exec(place) ?? [];
    return root === 'header' ? 'match.headers' : `match.${root}`;
  });
  return [...new Set(options)].join(' and ');
}

function requestText({ action, target, used }: NearMiss): string {
  return `${action} ${shortened(target, LONGEST_TARGET)}${used ? ' (already used)' : ''}`;
}

function differenceLines({ differences }: NearMiss): string[] {
  const lines = differences.slice(0, DIFFERENCES_TOLD).map(differenceText);
  const more = differences.length - lines.length;
  if (more > 0) {
    lines.push(`and ${more} ${differences.length === MAX_FINDINGS ? 'or more ' : ''}other differences`);
  }
  return lines;
}

function differenceText({ place, recorded, actual }: Difference): string {
  if (recorded === undefined) {
    return `${place}: not recorded, got ${actual}`;
  }
  return `${place}: recorded ${recorded}, ${actual === undefined ? 'not there now' : `got ${actual}`}`;
}

function placesText({ differences }: NearMiss): string {
  const places = differences.slice(0, PLACES_TOLD).map(({ place }) => place);
  const more = differences.length - places.length;
  return `${places.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
