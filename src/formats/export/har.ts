import type { Content, Entry, Har, Request, Response } from 'har-format';
import type { HeaderPair, Interaction } from '../../core/interaction.js';
import { decodeBody, isEncoded } from '../../http/coding/content-coding.js';
import { headerValue } from '../../http/headers.js';
import { fieldsOf, type RecordedResponse, readResponse } from '../../http/response.js';
import { asUri, HAR_EXTRA, type HarExtra } from '../har-extra.js';
import { textBody } from '../import/content.js';
import { har as imported } from '../import/har.js';
import { isInteractionJson, readableBodies, toInteractionJson } from '../interaction-json.js';
import { mediaType } from '../media-type.js';
import { readableResponse } from '../response-json.js';
import { sentCookies, setCookies } from './har-cookies.js';

/** Something that HAR 1.2 has no place for, of which interaction, counted from 1. */
export interface NotInHar {
  readonly entry: number;
  readonly what: string;
  readonly why: string;
}

/** A cassette as an HTTP Archive, and what that cannot hold. */
export interface ExportedHar {
  readonly har: Har;
  readonly lost: readonly NotInHar[];
}

/**
 * Makes an HTTP Archive 1.2 of interactions, in their order. What it has no place for is in a field `_interposition` of
 * its entry, from which an import takes it; what is not even there is listed as lost.
 *
 * @param version That of this package, for the archive's `creator`.
 * @param told Is called with how many are done.
 * @throws InteractionValidationError for an interaction that is no HTTP response.
 */
export function exportHar(
  interactions: readonly Interaction[],
  version: string,
  told: (done: number) => void = () => {},
): ExportedHar {
  const lost: NotInHar[] = [];
  const entries: Entry[] = [];
  for (const [index, interaction] of interactions.entries()) {
    const entry = index + 1;
    told(entry);
    if (interaction.request.protocol !== 'http') {
      lost.push({ entry, what: 'entry', why: `its protocol is ${interaction.request.protocol}, not HTTP` });
      continue;
    }
    const made = entryOf(interaction);
    entries.push(made);
    lost.push(...lostOf(interaction, made).map((one) => ({ entry, ...one })));
  }
  return { har: { log: { version: '1.2', creator: { name: 'interposition', version }, entries } }, lost };
}

/** What the start of an exchange is said to be where nothing says so: HAR has to have one. */
const UNKNOWN_TIME = new Date(0).toISOString();

function entryOf(interaction: Interaction): Entry {
  const { recordedAtMs, answeredAfterMs, endedAfterMs } = interaction.recording;
  const response = readResponse(interaction);
  const receive = Math.max(0, endedAfterMs - answeredAfterMs);
  const text = requestText(interaction);
  return {
    startedDateTime: recordedAtMs === undefined ? UNKNOWN_TIME : new Date(recordedAtMs).toISOString(),
    time: answeredAfterMs + receive,
    request: requestOf(interaction, text),
    response: responseOf(response, interaction),
    cache: {},
    timings: { send: 0, wait: answeredAfterMs, receive },
    [HAR_EXTRA]: extraOf(interaction, response, text),
  } as Entry;
}

function requestOf({ request }: Interaction, text: string | undefined): Request {
  const { action, target, headers, body } = request;
  const mimeType = headerValue(headers, 'content-type') ?? '';
  const query = URL.canParse(target) ? [...new URL(target).searchParams] : [];
  return {
    method: action,
    url: asUri(target),
    httpVersion: 'HTTP/1.1',
    cookies: sentCookies(headers),
    headers: named(headers),
    queryString: named(query),
    ...(body.byteLength > 0 && { postData: { mimeType, text: text ?? '' } }),
    headersSize: -1,
    bodySize: body.byteLength,
  } as Request;
}

/** The body of the request as a text that gives the same bytes; undefined where there is none. */
function requestText({ request: { body, headers } }: Interaction): string | undefined {
  return exactText(body, headers);
}

function responseOf({ head, body }: RecordedResponse, interaction: Interaction): Response {
  const headers = named(fieldsOf('header', interaction.responseChunks));
  return {
    // Browsers write 0 where there was no response.
    status: head?.statusCode ?? 0,
    statusText: head?.statusText ?? '',
    httpVersion: `HTTP/${head?.httpVersion ?? '1.1'}`,
    cookies: setCookies(head?.headers ?? []),
    headers,
    content: contentOf(body, head?.headers ?? []),
    redirectURL: headerValue(head?.headers ?? [], 'location') ?? '',
    headersSize: -1,
    bodySize: body.reduce((sum, { byteLength }) => sum + byteLength, 0),
  };
}

function contentOf(body: readonly Uint8Array[], headers: readonly HeaderPair[]): Content {
  const bytes = Buffer.concat(decodeBody(body, headers)?.chunks ?? body);
  const mimeType = headerValue(headers, 'content-type') ?? '';
  const text = exactText(bytes, headers);
  return {
    size: bytes.byteLength,
    mimeType,
    ...(bytes.byteLength > 0 &&
      (text === undefined ? { text: bytes.toString('base64'), encoding: 'base64' } : { text })),
  };
}

/** A text that an import takes for exactly these bytes; undefined where there is none. */
function exactText(bytes: Uint8Array, headers: readonly HeaderPair[]): string | undefined {
  const { charset = 'utf-8' } = mediaType(headerValue(headers, 'content-type'));
  try {
    const text = new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes);
    return Buffer.compare(textBody(text, headers).body, bytes) === 0 ? text : undefined;
  } catch {
    // A charset that nobody knows, or bytes that are none of its text.
    return undefined;
  }
}

function named(pairs: readonly HeaderPair[]): { name: string; value: string }[] {
  return pairs.map(([name, value]) => ({ name, value }));
}

function extraOf(
  interaction: Interaction,
  { body, interim }: RecordedResponse,
  text: string | undefined,
): HarExtra {
  const { request, responseChunks, metadata } = interaction;
  const headers = fieldsOf('header', responseChunks);
  const decoded = decodeBody(body, headers);
  const isKept = decoded !== undefined && standsEncoded(responseChunks);
  const chunks = (decoded === undefined || isKept ? body : decoded.chunks).map(
    ({ byteLength }) => byteLength,
  );
  const first = responseChunks[0]?.metadata ?? [];
  const trailing = first.filter(([name]) => name.startsWith('trailer:'));
  const later = responseChunks.flatMap(({ metadata: pairs, sequence }) =>
    sequence > 0 && pairs.length > 0 ? [[String(sequence), pairs] as const] : [],
  );
  return {
    metadata,
    ...(asUri(request.target) !== request.target && { target: request.target }),
    ...(request.body.byteLength > 0 &&
      text === undefined && { requestBody: Buffer.from(request.body).toString('base64') }),
    ...(interim.length > 0 && { interim: first.filter(([name]) => name.startsWith('interim:')) }),
    ...(!first.some(([name]) => name === 'status_text') && { statusText: false as const }),
    ...(trailing.length > 0 && { trailers: trailing }),
    ...(chunks.length > 1 && { chunks }),
    ...(later.length > 0 && { chunkMetadata: Object.fromEntries(later) }),
    ...(decoded !== undefined && { encoding: decoded.codings }),
    ...(decoded?.complete === false && { complete: false as const }),
    ...(isKept && { wire: Buffer.concat(body).toString('base64') }),
    ...(decoded === undefined && isEncoded(headers) && { wire: true as const }),
  };
}

const ONLY_HERE = 'HAR has no place for it; it is in the field _interposition, for an import';

function lostOf(interaction: Interaction, entry: Entry): Omit<NotInHar, 'entry'>[] {
  const { recording, responseChunks } = interaction;
  const { metadata, requestBody, interim } = (entry as Entry & { [HAR_EXTRA]: HarExtra })[HAR_EXTRA];
  const hidden = [
    [recording.truncated, 'that the response was cut off'],
    [recording.failure !== undefined, 'the error'],
    [interim !== undefined, 'interim responses'],
    [fieldsOf('trailer', responseChunks).length > 0, 'trailers'],
    [responseChunks.length > 1, 'chunk boundaries'],
    [requestBody !== undefined, "the request's body, which is no text"],
    [metadata.some(([name]) => !IN_HAR.has(name)), 'session, lane and other metadata'],
  ] as const;
  const lost: Omit<NotInHar, 'entry'>[] = hidden.flatMap(([is, what]) =>
    is ? [{ what, why: ONLY_HERE }] : [],
  );
  if (recording.recordedAtMs === undefined) {
    lost.push({ what: 'startedDateTime', why: `nothing says when it was recorded: it is ${UNKNOWN_TIME}` });
  }
  return isSame(interaction, entry)
    ? lost
    : [...lost, { what: 'details', why: 'an import does not give back quite the same interaction' }];
}

/** Does a cassette keep the very bytes of the wire, although they can be decoded? */
function standsEncoded(chunks: Interaction['responseChunks']): boolean {
  const { body } = readableResponse(chunks);
  return body !== undefined && body.encoding === undefined;
}

const IN_HAR: ReadonlySet<string> = new Set([
  'recorded_at',
  'ended',
  'error',
  'answered_after_ms',
  'ended_after_ms',
]);

/** Is it what an import makes of the entry? */
function isSame(interaction: Interaction, entry: Entry): boolean {
  try {
    const [back] = imported.read(entry, {}).interactions;
    return back !== undefined && isInteractionJson(toInteractionJson(back, readableBodies), interaction);
  } catch {
    return false;
  }
}
