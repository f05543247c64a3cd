import { InteractionValidationError } from '../core/errors.js';
import type { HeaderPair, Interaction } from '../core/interaction.js';
import type { MetadataPair } from '../core/metadata.js';
import { headerValue } from './headers.js';

/** A status line and headers; values hold one character a byte, as they came over the wire (RFC 9110, 5.5). */
export interface ResponseHead {
  readonly statusCode: number;
  readonly statusText: string;
  readonly headers: readonly HeaderPair[];
}

/** A recorded HTTP response, its interim responses (1xx) first. */
export interface RecordedResponse {
  readonly interim: readonly ResponseHead[];
  /** Undefined where the recording was cut off before it. */
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

function statusMetadata(prefix: string, { statusCode, statusText, headers }: ResponseHead): MetadataPair[] {
  return [
    [`${prefix}status_code`, String(statusCode)],
    [`${prefix}status_text`, statusText],
    ...headers.map(([name, value]): MetadataPair => [`${prefix}header:${name}`, value]),
  ];
}

/**
 * A recorded interaction as an HTTP response.
 *
 * @throws InteractionValidationError where the metadata of a whole recording holds no status code.
 */
export function readResponse(interaction: Interaction): RecordedResponse {
  const interim: { statusCode: number; statusText: string; headers: HeaderPair[] }[] = [];
  const head = { statusCode: 0, statusText: '', headers: [] as HeaderPair[] };
  const trailers: HeaderPair[] = [];
  for (const [name, value] of interaction.responseChunks.flatMap((chunk) => chunk.metadata)) {
    const isInterim = name.startsWith('interim:');
    const field = isInterim ? name.slice('interim:'.length) : name;
    if (field === 'status_code' && isInterim) {
      interim.push({ statusCode: Number(value), statusText: '', headers: [] });
    }
    const target = isInterim ? interim.at(-1) : head;
    if (field === 'status_code') {
      Object.assign(target ?? {}, { statusCode: Number(value) });
    } else if (field === 'status_text') {
      Object.assign(target ?? {}, { statusText: value });
    } else if (field.startsWith('header:')) {
      target?.headers.push([field.slice('header:'.length), value]);
    } else if (field.startsWith('trailer:')) {
      trailers.push([field.slice('trailer:'.length), value]);
    }
  }
  const isValid = Number.isInteger(head.statusCode) && head.statusCode >= 200 && head.statusCode <= 999;
  const isCutOff = head.statusCode === 0 && interaction.recording.truncated;
  if (!isValid && !isCutOff) {
    throw new InteractionValidationError(
      'responseChunks[0].metadata',
      `of ${interaction.request.action} ${interaction.request.target} holds no valid "status_code".`,
    );
  }
  const body = interaction.responseChunks.map((chunk) => chunk.data);
  return { interim, head: isValid ? head : undefined, body, trailers };
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
