import { partName } from '../matching/body-parts.js';
import type { BodyParts, MultipartPart } from '../matching/request-parts.js';
import { sameText } from '../matching/wildcard.js';
import { bodyFinding, type Finding, type Shown } from './findings.js';
import { compareJson } from './json-differences.js';
import { areMadeUp } from './made-up.js';
import { compareParameters } from './parameter-differences.js';
import { placeText, type Steps } from './place-text.js';
import { shown, shownIfThere, shownTexts } from './shown.js';

/** Where two bodies differ, in the order of the recorded one. `steps` lead to them where they are parts of a body. */
export function* compareBodies(
  recorded: BodyParts,
  actual: BodyParts,
  steps: Steps = [],
): Generator<Finding> {
  if (recorded.kind === 'json' && actual.kind === 'json') {
    yield* compareJson(recorded.value, actual.value, steps);
  } else if (recorded.kind === 'form' && actual.kind === 'form') {
    for (const { name, shown, madeUp } of compareParameters(recorded.fields, actual.fields)) {
      yield bodyFinding([...steps, name], shown, { madeUp });
    }
  } else if (recorded.kind === 'multipart' && actual.kind === 'multipart') {
    yield* compareMultipart(recorded.parts, actual.parts, steps);
  } else if (recorded.kind === 'bytes' && actual.kind === 'bytes') {
    yield* compareBytes(recorded.bytes, actual.bytes, steps);
  } else if ('text' in recorded && 'text' in actual && recorded.kind === actual.kind) {
    yield* compareTexts(recorded.text, actual.text, steps);
  } else if (recorded.kind !== actual.kind) {
    yield bodyFinding(steps, [described(recorded), described(actual)]);
  }
}

function described(body: BodyParts): string | undefined {
  switch (body.kind) {
    case 'none':
      return undefined;
    case 'json':
      return `JSON ${shown(body.value)}`;
    case 'form':
      return `a form ${shown(body.fields.map(([name, value]) => [name, value ?? null]))}`;
    case 'multipart':
      return `multipart of ${counted(body.parts.length, 'part')}`;
    case 'bytes':
      return counted(body.bytes.byteLength, 'byte');
    case 'text':
    case 'custom':
      return `text ${shown(body.text)}`;
  }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** The first line that differs; the whole text where it is one line. Variables stand for whole texts only. */
function* compareTexts(recorded: string, actual: string, steps: Steps): Generator<Finding> {
  if (sameText(recorded, actual)) {
    return;
  }
  const [before, now] = [recorded.split('\n'), actual.split('\n')];
  if (before.length === 1 && now.length === 1) {
    yield bodyFinding(steps, shownTexts(recorded, actual), {
      madeUp: steps.length > 0 && areMadeUp(recorded, actual),
    });
    return;
  }
  let line = 0;
  while (line < before.length && line < now.length && sameText(before[line] ?? '', now[line] ?? '')) {
    line++;
  }
  const [a, b] = [before[line], now[line]];
  const pair: Shown =
    a !== undefined && b !== undefined ? shownTexts(a, b) : [shownIfThere(a), shownIfThere(b)];
  yield bodyFinding(steps, pair, { place: `${placeText('body', steps)} line ${line + 1}` });
}

function* compareBytes(recorded: Uint8Array, actual: Uint8Array, steps: Steps): Generator<Finding> {
  if (recorded.byteLength !== actual.byteLength) {
    yield bodyFinding(steps, [counted(recorded.byteLength, 'byte'), counted(actual.byteLength, 'byte')]);
    return;
  }
  const offset = recorded.findIndex((byte, index) => byte !== actual[index]);
  if (offset !== -1) {
    const pair: Shown = [hex(recorded, offset), hex(actual, offset)];
    yield bodyFinding(steps, pair, { place: `${placeText('body', steps)} byte ${offset}` });
  }
}

const BYTES_SHOWN = 8;

function hex(bytes: Uint8Array, offset: number): string {
  const { buffer, byteOffset } = bytes.subarray(offset, offset + BYTES_SHOWN);
  const length = Math.min(BYTES_SHOWN, bytes.byteLength - offset);
  return Buffer.from(buffer, byteOffset, length)
    .toString('hex')
    .replace(/..(?=.)/g, '$& ');
}

type Parts = readonly MultipartPart[];

/** By name, where each part has one of its own; else one after the other. */
function* compareMultipart(recorded: Parts, actual: Parts, steps: Steps): Generator<Finding> {
  const before = named(recorded);
  const now = named(actual);
  if (before === undefined || now === undefined) {
    yield* comparePartLists(recorded, actual, steps);
    return;
  }
  let isSame = true;
  for (const name of new Set([...before.keys(), ...now.keys()])) {
    for (const finding of compareParts(before.get(name), now.get(name), [...steps, name])) {
      isSame = false;
      yield finding;
    }
  }
  const [a, b] = [[...before.keys()], [...now.keys()]];
  if (isSame && a.some((name, index) => name !== b[index])) {
    yield bodyFinding(steps, [shown(a), shown(b)], { place: `${placeText('body', steps)} order of parts` });
  }
}

function named(parts: Parts): Map<string, MultipartPart> | undefined {
  const map = new Map(parts.map((part) => [partName(part.headers), part]));
  return map.size === parts.length && !map.has(undefined) ? (map as Map<string, MultipartPart>) : undefined;
}

function* compareParts(
  recorded: MultipartPart | undefined,
  actual: MultipartPart | undefined,
  steps: Steps,
): Generator<Finding> {
  if (recorded === undefined || actual === undefined) {
    const pair = [recorded, actual].map((part) => part && (described(part.body) ?? 'an empty part'));
    yield bodyFinding(steps, [pair[0], pair[1]]);
    return;
  }
  for (const { name, shown } of compareParameters(recorded.headers, actual.headers)) {
    yield bodyFinding(steps, shown, { place: `${placeText('body', steps)} ${name}` });
  }
  yield* compareBodies(recorded.body, actual.body, steps);
}

/** Parts without names of their own cannot be left out one by one, so a difference in one is one of all. */
function* comparePartLists(recorded: Parts, actual: Parts, steps: Steps): Generator<Finding> {
  if (recorded.length !== actual.length) {
    const lengths: Shown = [String(recorded.length), String(actual.length)];
    yield bodyFinding(steps, lengths, { place: placeText('body', [...steps, 'length']) });
  }
  for (let index = 0; index < Math.max(recorded.length, actual.length); index++) {
    for (const finding of compareParts(recorded[index], actual[index], [...steps, index])) {
      yield bodyFinding(steps, [finding.recorded, finding.actual], { place: finding.place });
    }
  }
}
