import { hasOneForm } from './body-form.js';
import { isLengths, isPairs, isRecord } from './shapes.js';

/** An interaction in its superjson envelope. */
export interface Envelope {
  readonly json: Readonly<Record<string, unknown>>;
}

/** Is it an envelope with something in it that is said to be an interaction? */
export function isEnvelope(value: unknown): value is Envelope {
  if (!isRecord(value) || !isRecord(value['json']) || !isRecord(value['meta'])) {
    return false;
  }
  const { values } = value['meta'];
  const type: unknown = Array.isArray(values) && values.length === 1 ? values[0] : undefined;
  return Array.isArray(type) && type.length === 2 && type[0] === 'custom' && type[1] === 'interaction';
}

/**
 * Has it the shape of an interaction, as far as that is seen without a look into its bodies? What is wrong with one
 * that has not, `fromInteractionJson` says.
 */
export function hasShape({ request, fingerprint, response, metadata }: Envelope['json']): boolean {
  return (
    isRequest(request) &&
    (fingerprint === undefined || (typeof fingerprint === 'string' && fingerprint.length === 64)) &&
    isResponse(response) &&
    isAbsentOr(isPairs, metadata)
  );
}

function isRequest(request: unknown): boolean {
  return (
    isRecord(request) &&
    typeof request['protocol'] === 'string' &&
    typeof request['action'] === 'string' &&
    typeof request['target'] === 'string' &&
    isPairs(request['headers']) &&
    isAbsentOr(hasOneForm, request['body'])
  );
}

function isResponse(response: unknown): boolean {
  return (
    isRecord(response) &&
    isAbsentOr(isPairs, response['metadata']) &&
    isAbsentOr(isResponseBody, response['body']) &&
    isAbsentOr(Array.isArray, response['messages']) &&
    isAbsentOr(isLengths, response['chunks']) &&
    isAbsentOr(isRecord, response['chunkMetadata'])
  );
}

function isResponseBody(body: unknown): boolean {
  return isRecord(body) && (Array.isArray(body['chunks']) || hasOneForm(body));
}

function isAbsentOr(is: (value: unknown) => boolean, value: unknown): boolean {
  return value === undefined || is(value);
}
