import {
  type HeaderPair,
  Interaction,
  type InteractionRequest,
  type ResponseChunk,
} from '../core/interaction.js';
import type { MetadataPair } from '../core/metadata.js';
import { type BodyForm, base64Form, bodyBytes, bodyForm } from './body-form.js';

/** An interaction as it stands in a cassette file. */
export interface InteractionJson {
  readonly request: Omit<InteractionRequest, 'body'> & { readonly body?: BodyForm };
  readonly fingerprint?: string;
  readonly response: {
    readonly metadata: readonly MetadataPair[];
    readonly body?: BodyForm;
    /** The lengths of the chunks in bytes, where there are several. */
    readonly chunks?: readonly number[];
    /** The metadata of the chunks after the first, by chunk; only of those that have any. */
    readonly chunkMetadata?: Readonly<Record<string, readonly MetadataPair[]>>;
  };
  readonly metadata?: readonly MetadataPair[];
}

/** How bodies are written: as readable as it goes, or the form that always fits. */
export type BodyWriter = (bytes: Uint8Array) => BodyForm;
export const readableBody: BodyWriter = bodyForm;
export const base64Body: BodyWriter = base64Form;

export function toInteractionJson(interaction: Interaction, writeBody: BodyWriter): InteractionJson {
  const { request, fingerprint, responseChunks, metadata } = interaction;
  const { protocol, action, target, headers, body } = request;
  const data = Buffer.concat(responseChunks.map((chunk) => chunk.data));
  const later = responseChunks.slice(1).filter((chunk) => chunk.metadata.length > 0);
  return {
    request: { protocol, action, target, headers, ...(body.byteLength > 0 && { body: writeBody(body) }) },
    fingerprint,
    response: {
      metadata: responseChunks[0]?.metadata ?? [],
      ...(data.byteLength > 0 && { body: writeBody(data) }),
      ...(responseChunks.length > 1 && { chunks: responseChunks.map((chunk) => chunk.data.byteLength) }),
      ...(later.length > 0 && {
        chunkMetadata: Object.fromEntries(later.map((chunk) => [String(chunk.sequence), chunk.metadata])),
      }),
    },
    ...(metadata.length > 0 && { metadata }),
  };
}

/**
 * The interaction that stands in a cassette file, checked: a cassette is untrusted input. A body that was edited so
 * that its chunks' lengths no longer add up is one chunk.
 *
 * @throws TypeError, InteractionValidationError for what is not well formed.
 */
export function fromInteractionJson(json: unknown): Interaction {
  const { request, fingerprint, response, metadata } = record(json, 'an interaction');
  const { protocol, action, target, headers, body } = record(request, '"request"');
  const { metadata: head, body: responseBody, chunks, chunkMetadata } = record(response, '"response"');
  if (fingerprint !== undefined && typeof fingerprint !== 'string') {
    throw new TypeError('"fingerprint" is not a string');
  }
  return new Interaction({
    request: {
      protocol: protocol as string,
      action: action as string,
      target: target as string,
      headers: headers as HeaderPair[],
      body: body === undefined ? new Uint8Array() : bodyBytes(body),
    },
    responseChunks: splitChunks(
      responseBody === undefined ? new Uint8Array() : bodyBytes(responseBody),
      chunks,
      head as MetadataPair[],
      chunkMetadata === undefined ? {} : record(chunkMetadata, '"chunkMetadata"'),
    ),
    metadata: (metadata ?? []) as MetadataPair[],
    ...(fingerprint !== undefined && { fingerprint }),
  });
}

function splitChunks(
  data: Uint8Array,
  lengths: unknown,
  head: readonly MetadataPair[],
  later: Readonly<Record<string, unknown>>,
): ResponseChunk[] {
  const sizes = chunkSizes(lengths);
  if (sizes === undefined || sizes.reduce((sum, size) => sum + size, 0) !== data.byteLength) {
    const rest = Object.values(later).flat() as MetadataPair[];
    return [{ data, sequence: 0, metadata: rest.length === 0 ? head : [...head, ...rest] }];
  }
  if (Object.keys(later).some((key) => !(Number(key) >= 1 && Number(key) < sizes.length))) {
    throw new TypeError('"chunkMetadata" names a chunk that is not there');
  }
  let offset = 0;
  return sizes.map((size, sequence) => {
    const metadata = sequence === 0 ? head : Object.hasOwn(later, sequence) ? later[String(sequence)] : [];
    const chunk = { data: data.slice(offset, offset + size), sequence, metadata: metadata as MetadataPair[] };
    offset += size;
    return chunk;
  });
}

function chunkSizes(lengths: unknown): readonly number[] | undefined {
  if (lengths === undefined) {
    return undefined;
  }
  if (!Array.isArray(lengths) || lengths.some((length) => !Number.isSafeInteger(length) || length < 0)) {
    throw new TypeError('"chunks" is not a list of lengths in bytes');
  }
  return lengths.length === 0 ? undefined : lengths;
}

function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${name} is not an object`);
  }
  return value as Record<string, unknown>;
}
