import { InteractionValidationError } from '../core/errors.js';
import type { HeaderPair, Interaction, ResponseChunk } from '../core/interaction.js';
import type { MetadataPair } from '../core/metadata.js';
import { headerValue } from './headers.js';
import { isWebSocket } from './websocket-protocol.js';

/** A status line and headers; values hold one character a byte, as they came over the wire (RFC 9110, 5.5). */
export interface ResponseHead {
  readonly statusCode: number;
  readonly statusText: string;
  readonly headers: readonly HeaderPair[];
  /** Where it is known, and is not 1.1. */
  readonly httpVersion?: string;
}

/** A recorded HTTP response, its interim responses (1xx) first. */
export interface RecordedResponse {
  readonly interim: readonly ResponseHead[];
  /** Undefined where the exchange was cut off, or failed, before it. */
  readonly head: ResponseHead | undefined;
  readonly body: readonly Uint8Array[];
  readonly trailers: readonly HeaderPair[];
}

/** The metadata of a final status line and its headers. */
export function headMetadata(head: ResponseHead): MetadataPair[] {
  return statusMetadata('', head);
}

/** The metadata of an interim response, such as 103 Early Hints. */
export function interimMetadata(head: ResponseHead): MetadataPair[] {
  return statusMetadata('interim:', head);
}

export function trailerMetadata(trailers: readonly HeaderPair[]): MetadataPair[] {
  return trailers.map(([name, value]) => [`trailer:${name}`, value]);
}

function statusMetadata(
  prefix: string,
  { statusCode, statusText, headers, httpVersion = '1.1' }: ResponseHead,
): MetadataPair[] {
  return [
    [`${prefix}status_code`, String(statusCode)],
    [`${prefix}status_text`, statusText],
    ...(httpVersion === '1.1' ? [] : [[`${prefix}http_version`, httpVersion] as const]),
    ...headers.map(([name, value]): MetadataPair => [`${prefix}header:${name}`, value]),
  ];
}

/** The headers of the final response, or the trailers, of recorded chunks. */
export function fieldsOf(kind: 'header' | 'trailer', chunks: readonly ResponseChunk[]): HeaderPair[] {
  const prefix = `${kind}:`;
  const fields: HeaderPair[] = [];
  for (const { metadata = [] } of chunks) {
    for (const [name, value] of metadata) {
      if (name.startsWith(prefix)) {
        fields.push([name.slice(prefix.length), value]);
      }
    }
  }
  return fields;
}

/**
 * A recorded interaction as an HTTP response. A `content-length` that is not the length of the body, because it was
 * edited or compressed anew, is corrected where it speaks of the body that follows.
 *
 * @throws InteractionValidationError where the metadata holds a status code that is none, or, of a recording that ended
 * well, none at all.
 */
export function readResponse(interaction: Interaction): RecordedResponse {
  const { interim, head, trailers } = messagesOf(interaction);
  const isUpgraded = head.statusCode === 101 && isWebSocket(interaction.request);
  const isFinal = Number.isInteger(head.statusCode) && head.statusCode >= 200 && head.statusCode <= 999;
  const isValid = isUpgraded || isFinal;
  const isCutOff = head.statusCode === 0 && !endedWell(interaction);
  const areInterim = interim.every(({ statusCode }) => isInterimStatus(statusCode));
  if (!areInterim || (!isValid && !isCutOff)) {
    throw malformed(interaction, 'no valid "status_code"');
  }
  const body = interaction.responseChunks.map((chunk) => chunk.data);
  if (announcesBody(interaction, head)) {
    correctLength(head.headers, body);
  }
  return { interim, head: isValid ? head : undefined, body, trailers };
}

interface OpenHead {
  statusCode: number;
  statusText: string;
  readonly headers: HeaderPair[];
  httpVersion?: string;
}

/** What the metadata of all chunks say, one after the other. */
function messagesOf(interaction: Interaction): {
  readonly interim: readonly OpenHead[];
  readonly head: OpenHead;
  readonly trailers: readonly HeaderPair[];
} {
  const interim: OpenHead[] = [];
  const head: OpenHead = { statusCode: 0, statusText: '', headers: [] };
  const trailers: HeaderPair[] = [];
  for (const { metadata } of interaction.responseChunks) {
    for (const [name, value] of metadata) {
      const isInterim = name.startsWith('interim:');
      const field = isInterim ? name.slice('interim:'.length) : name;
      if (isInterim && field === 'status_code') {
        interim.push({ statusCode: 0, statusText: '', headers: [] });
      }
      const message = isInterim ? interim.at(-1) : head;
      if (field.startsWith('header:')) {
        message?.headers.push(oneLine(field.slice('header:'.length), value, interaction));
      } else if (field.startsWith('trailer:')) {
        trailers.push(oneLine(field.slice('trailer:'.length), value, interaction));
      } else if (name === 'http_version') {
        head.httpVersion = value;
      } else if (message !== undefined) {
        readStatus(message, field, value, interaction);
      }
    }
  }
  return { interim, head, trailers };
}

function readStatus(head: OpenHead, field: string, value: string, interaction: Interaction): void {
  if (field === 'status_code') {
    head.statusCode = Number(value);
  } else if (field === 'status_text') {
    // undici reads it as UTF-8.
    if (/[\r\n\0]/.test(value)) {
      throw notOneLine(interaction, field, value);
    }
    head.statusText = value;
  }
}

/** What is more than one line would be taken for something else, and what is no byte cannot be sent. */
function oneLine(name: string, value: string, interaction: Interaction): HeaderPair {
  if (!/^[^\r\n\0\u0100-\uffff]+$/.test(name) || /[\r\n\0\u0100-\uffff]/.test(value)) {
    throw notOneLine(interaction, name, value);
  }
  return [name, value];
}

function notOneLine(interaction: Interaction, name: string, value: string): InteractionValidationError {
  return malformed(
    interaction,
    `${JSON.stringify(name)} with the value ${JSON.stringify(value)}, which no HTTP message can`,
  );
}

function malformed({ request }: Interaction, held: string): InteractionValidationError {
  return new InteractionValidationError(
    'responseChunks[0].metadata',
    `of ${request.action} ${request.target} holds ${held}.`,
  );
}

function correctLength(headers: HeaderPair[], body: readonly Uint8Array[]): void {
  const length = body.reduce((sum, { byteLength }) => sum + byteLength, 0);
  for (const [index, [name, value]] of headers.entries()) {
    if (name.toLowerCase() === 'content-length' && Number(value) !== length) {
      headers[index] = [name, String(length)];
    }
  }
}

/** RFC 9110, 15.2. */
function isInterimStatus(statusCode: number): boolean {
  return Number.isInteger(statusCode) && statusCode >= 100 && statusCode <= 199;
}

/** Is a `content-length` that of the body (RFC 9110, 8.6; RFC 9112, 6.3), and is all of the body there? */
function announcesBody(interaction: Interaction, { statusCode, headers }: ResponseHead): boolean {
  return (
    interaction.request.action !== 'HEAD' &&
    statusCode !== 204 &&
    statusCode !== 304 &&
    endedWell(interaction) &&
    headerValue(headers, 'transfer-encoding') === undefined
  );
}

/** Is the response there to its end: neither cut off, nor ended by an error of the upstream? */
function endedWell({ recording }: Interaction): boolean {
  return !recording.truncated && recording.failure === undefined;
}

/** Does the response end with its headers (RFC 9112, section 6.3; or a length of nothing)? */
export function endsWithHeaders(method: string, { statusCode, headers }: ResponseHead): boolean {
  return (
    method === 'HEAD' ||
    statusCode === 204 ||
    statusCode === 304 ||
    Number(headerValue(headers, 'content-length') ?? Number.NaN) === 0
  );
}

/** Is the body one whole, whose boundaries mean nothing, because its length was announced? */
export function isOneWhole({ headers }: ResponseHead): boolean {
  return headerValue(headers, 'content-length') !== undefined;
}

/** Does it send the client elsewhere (RFC 9110, 15.4)? */
export function isRedirect({ statusCode }: ResponseHead): boolean {
  // Also without a location: undici 8's fetch lets go of its body all the same.
  return [301, 302, 303, 307, 308].includes(statusCode);
}
