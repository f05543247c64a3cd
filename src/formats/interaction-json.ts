import { type HeaderPair, Interaction, type InteractionRequest } from '../core/interaction.js';
import type { MetadataPair } from '../core/metadata.js';
import { isSamePairs } from '../core/pairs.js';
import { headerValue } from '../http/headers.js';
import { type BodyForm, base64Form, bodyBytes, bodyForm } from './body-form.js';
import {
  base64Response,
  isSameResponse,
  type ResponseJson,
  readableResponse,
  readResponseJson,
} from './response-json.js';
import { isRecord } from './shapes.js';

/** An interaction as it stands in a cassette file. */
export interface InteractionJson {
  readonly request: Omit<InteractionRequest, 'body'> & { readonly body?: BodyForm };
  readonly fingerprint?: string;
  readonly response: ResponseJson;
  readonly metadata?: readonly MetadataPair[];
}

/** How bodies are written. A body that is empty is left out. */
export interface BodyWriter {
  readonly request: (interaction: Interaction) => BodyForm | undefined;
  readonly response: (interaction: Interaction) => ResponseJson;
}

/** As readable as it goes. */
export const readableBodies: BodyWriter = {
  request: ({ request: { body, headers } }) =>
    body.byteLength === 0 ? undefined : bodyForm(body, headerValue(headers, 'content-type')),
  response: ({ responseChunks }) => readableResponse(responseChunks),
};

/** In the form that always fits. */
export const base64Bodies: BodyWriter = {
  request: ({ request: { body } }) => (body.byteLength === 0 ? undefined : base64Form(body)),
  response: ({ responseChunks }) => base64Response(responseChunks),
};

/** As they stand in what was read from a file: their compressed bytes need not be made for it. */
export function bodiesOf({ request, response }: InteractionJson): BodyWriter {
  return { request: () => request.body, response: () => response };
}

export function toInteractionJson(interaction: Interaction, bodies: BodyWriter): InteractionJson {
  const { fingerprint, metadata } = interaction;
  const { protocol, action, target, headers } = interaction.request;
  const body = bodies.request(interaction);
  return {
    request: { protocol, action, target, headers, ...(body !== undefined && { body }) },
    fingerprint,
    response: bodies.response(interaction),
    ...(metadata.length > 0 && { metadata }),
  };
}

/**
 * The interaction that stands in a cassette file, checked: a cassette is untrusted input. Its response is checked and
 * made when it is first asked for.
 *
 * @param failed The error for what is wrong with the response; as it is where left out.
 * @throws TypeError, InteractionValidationError for what is not well formed.
 */
export function fromInteractionJson(
  json: unknown,
  failed: (error: unknown) => unknown = (error) => error,
): Interaction {
  const { request, fingerprint, response, metadata } = record(json, 'an interaction');
  const { protocol, action, target, headers, body } = record(request, '"request"');
  if (fingerprint !== undefined && typeof fingerprint !== 'string') {
    throw new TypeError('"fingerprint" is not a string');
  }
  if (metadata === null) {
    throw new TypeError('"metadata" is not a list of [name, value] pairs');
  }
  if (isRecord(body) && Object.hasOwn(body, 'encoding')) {
    throw new TypeError('the body of a request stands decoded, and has no "encoding"');
  }
  const recorded = record(response, '"response"');
  return new Interaction({
    request: {
      protocol: protocol as string,
      action: action as string,
      target: target as string,
      headers: headers as HeaderPair[],
      body: body === undefined ? new Uint8Array() : bodyBytes(body),
    },
    responseChunks: () => {
      try {
        return readResponseJson(recorded);
      } catch (error) {
        throw failed(error);
      }
    },
    metadata: (metadata ?? []) as MetadataPair[],
    ...(fingerprint !== undefined && { fingerprint }),
  });
}

/**
 * Does this, as it stands in a file, read back as the interaction? Made for the proof at each save: its bodies go
 * through their readers, and everything else is compared as it stands.
 */
export function isInteractionJson(json: InteractionJson, interaction: Interaction): boolean {
  const { request, responseChunks, fingerprint, metadata } = interaction;
  const { protocol, action, target, headers, body } = json.request;
  return (
    json.fingerprint === fingerprint &&
    protocol === request.protocol &&
    action === request.action &&
    target === request.target &&
    isSamePairs(headers, request.headers) &&
    isSamePairs(json.metadata ?? [], metadata) &&
    Buffer.compare(body === undefined ? NOTHING : bodyBytes(body), request.body) === 0 &&
    isSameResponse(readResponseJson(record(json.response, '"response"')), responseChunks)
  );
}

const NOTHING = new Uint8Array();

function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (!isRecord(value)) {
    throw new TypeError(`${name} is not an object`);
  }
  return value;
}
