import type { Interaction } from '../../core/interaction.js';
import { headerValue } from '../../http/headers.js';
import { type ResponseHead, readResponse } from '../../http/response.js';

/** A recorded response as the bytes of HTTP/1, so that node's own parser makes of them what it makes of a server's. */
export interface ResponseBytes {
  readonly interim: readonly Interim[];
  /** Empty where the exchange was cut off, or failed, before it. */
  readonly head: Uint8Array;
  /** Framed as the headers announce it. */
  readonly body: readonly Uint8Array[];
  /** What follows the body: trailers, the end of a chunked one. */
  readonly end: Uint8Array;
  /** Is the end of the connection that of the body? */
  readonly endsWithConnection: boolean;
}

/** A response of status 1xx. */
export interface Interim {
  readonly statusCode: number;
  readonly bytes: Uint8Array;
}

const NOTHING = new Uint8Array();
const serialised = new WeakMap<Interaction, ResponseBytes>();

export function responseBytes(interaction: Interaction): ResponseBytes {
  let bytes = serialised.get(interaction);
  if (bytes === undefined) {
    bytes = serialise(interaction);
    serialised.set(interaction, bytes);
  }
  return bytes;
}

function serialise(interaction: Interaction): ResponseBytes {
  const { interim, head, body, trailers } = readResponse(interaction);
  const isChunked = /\bchunked\s*$/i.test(headerValue(head?.headers ?? [], 'transfer-encoding') ?? '');
  const hasBody = head !== undefined && mayHaveBody(interaction.request.action, head.statusCode);
  const chunks = hasBody ? body : [];
  return {
    interim: interim.map((one) => ({ statusCode: one.statusCode, bytes: headBytes(one) })),
    head: head === undefined ? NOTHING : headBytes(head),
    body: isChunked ? chunks.map(framed) : chunks,
    end: hasBody && isChunked ? Buffer.from(`0\r\n${lines(trailers)}\r\n`, 'latin1') : NOTHING,
    endsWithConnection: hasBody && !isChunked && headerValue(head.headers, 'content-length') === undefined,
  };
}

/** RFC 9112, 6.3. */
function mayHaveBody(method: string, statusCode: number): boolean {
  return method !== 'HEAD' && statusCode !== 204 && statusCode !== 304;
}

export function headBytes({
  statusCode,
  statusText,
  headers,
  httpVersion = '1.1',
}: ResponseHead): Uint8Array {
  return Buffer.from(`HTTP/${httpVersion} ${statusCode} ${statusText}\r\n${lines(headers)}\r\n`, 'latin1');
}

function lines(headers: ResponseHead['headers']): string {
  return headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
}

function framed(chunk: Uint8Array): Uint8Array {
  if (chunk.byteLength === 0) {
    // Not a chunk of no length, which ends a body.
    return chunk;
  }
  return Buffer.concat([Buffer.from(`${chunk.byteLength.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]);
}
