import type { Interaction } from '../core/interaction.js';
import type { Difference } from '../core/miss.js';
import { decodeBody } from '../http/coding/content-coding.js';
import { readBody } from '../http/matching/body-parts.js';
import { compareBodies } from '../http/misses/body-differences.js';
import { compareParameters } from '../http/misses/parameter-differences.js';
import { readResponse } from '../http/response.js';

/** Headers of a response that are other ones each time, and say nothing about it. */
const VOLATILE =
  /^(?:date|age|expires|connection|keep-alive|server-timing|x-runtime|x-request-id|request-id|x-amz-request-id|x-amz-id-2|cf-ray|x-github-request-id|etag|last-modified)$/i;

/** Where two responses to one request differ, without what differs between any two of them. */
export function responseDifferences(before: Interaction, after: Interaction): Difference[] {
  const [one, other] = [before, after].map(readParts) as [Parts, Parts];
  return [
    ...(one.status === other.status ? [] : [{ place: 'status', recorded: one.status, actual: other.status }]),
    ...Array.from(
      compareParameters(one.headers, other.headers, isEqual),
      ({ name, shown: [recorded, actual] }) => ({
        place: `header.${name}`,
        recorded,
        actual,
      }),
    ),
    ...Array.from(compareBodies(one.body, other.body), ({ place, recorded, actual }) => ({
      place,
      recorded,
      actual,
    })),
    ...(one.ended === other.ended ? [] : [{ place: 'end', recorded: one.ended, actual: other.ended }]),
  ];
}

interface Parts {
  readonly status: string | undefined;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: ReturnType<typeof readBody>;
  readonly ended: string;
}

function readParts(interaction: Interaction): Parts {
  const { head, body } = readResponse(interaction);
  const { truncated, failure } = interaction.recording;
  const headers = head?.headers ?? [];
  const plain = Buffer.concat(decodeBody(body, headers)?.chunks ?? body);
  return {
    status: head && String(head.statusCode),
    headers: headers
      .filter(([name]) => !VOLATILE.test(name) && name.toLowerCase() !== 'content-length')
      .map(([name, value]) => [name.toLowerCase(), value]),
    body: readBody(plain, headers),
    ended: failure === undefined ? (truncated ? 'cut off' : 'whole') : 'an error',
  };
}

function isEqual(a: string, b: string): boolean {
  return a === b;
}
