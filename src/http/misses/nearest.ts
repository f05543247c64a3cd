import type { InteractionRequest } from '../../core/interaction.js';
import type { KnownRequest } from '../../core/miss.js';
import { splitUrl } from '../matching/url-parts.js';

/** How much of the beginning and of the end of two bodies is compared. */
const EDGE = 1024;

/**
 * The recorded requests that may come nearest to a request, best first: a first choice, by what is quickly seen, so that
 * a closer look at few is enough. Recordings of one fingerprint are one, used where all of them are.
 */
export function likelyNearest(
  request: InteractionRequest,
  known: readonly KnownRequest[],
  limit: number,
): KnownRequest[] {
  const likeness = likenessTo(request);
  return distinct(known)
    .map((recording) => ({ recording, score: likeness(recording) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ recording }) => recording);
}

function distinct(known: readonly KnownRequest[]): KnownRequest[] {
  const byFingerprint = new Map<string, KnownRequest>();
  for (const recording of known) {
    const { used = true } = byFingerprint.get(recording.fingerprint) ?? {};
    byFingerprint.set(recording.fingerprint, { ...recording, used: used && recording.used });
  }
  return [...byFingerprint.values()];
}

function likenessTo(request: InteractionRequest): (recording: KnownRequest) => number {
  const url = splitUrl(request.target);
  const pathLikeness = likenessOfLists(url?.path ?? '', '/');
  const queryLikeness = likenessOfLists(url?.query ?? '', '&');
  return ({ request: other, used }) => {
    const isSameMethod = request.action === other.action;
    const otherUrl = splitUrl(other.target);
    const path = pathLikeness(otherUrl?.path ?? '');
    const body = isSameMethod && path > 0 ? bodyLikeness(request.body, other.body) : 0;
    return (
      (isSameMethod ? 16 : 0) +
      16 * path +
      (url?.origin === otherUrl?.origin ? 4 : 0) +
      queryLikeness(otherUrl?.query ?? '') +
      body +
      (used ? 0 : 0.1)
    );
  };
}

/** From 0 to 1: how many of their pieces stand in the same places; less where one has more pieces. */
function likenessOfLists(text: string, separator: string): (other: string) => number {
  const pieces = text.split(separator);
  return (other) => {
    if (text === other) {
      return 1;
    }
    const others = other.split(separator);
    const longer = Math.max(pieces.length, others.length);
    const same = pieces.filter((piece, index) => piece !== '' && piece === others[index]).length;
    return (same / longer) * (pieces.length === others.length ? 0.9 : 0.5);
  };
}

/** From 0 to 1: how far they agree from both ends, up to a bound. */
function bodyLikeness(body: Uint8Array, other: Uint8Array): number {
  const [length, longest] = [body.byteLength, Math.max(body.byteLength, other.byteLength)];
  const shortest = Math.min(length, other.byteLength);
  if (longest === 0) {
    return 1;
  }
  let start = 0;
  while (start < shortest && start < EDGE && body[start] === other[start]) {
    start++;
  }
  let end = 0;
  while (
    end < shortest - start &&
    end < EDGE &&
    body[length - 1 - end] === other[other.byteLength - 1 - end]
  ) {
    end++;
  }
  return (start + end) / Math.min(longest, 2 * EDGE);
}
