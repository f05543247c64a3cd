import { type HeaderPair, Interaction } from '../core/interaction.js';
import { HttpPolicy } from '../http/policy.js';
import { fieldsOf } from '../http/response.js';
import { optionsInForce } from './options-in-force.js';

/** An interaction without its secrets, and where they stood. */
export interface Redacted {
  /** The same object where it holds none. */
  readonly interaction: Interaction;
  /** Such as `request.target`, `response.headers set-cookie`, `response.body`. */
  readonly places: readonly string[];
}

/**
 * What the redaction that is in force would replace in recordings, as it would if they were made now. A secret that one
 * of them gives away by its name is found in the others, too.
 *
 * @param told Is called with how many are done.
 * @throws InvalidOptionError for options that are in force and cannot be used.
 */
export function redactedInteractions(
  interactions: readonly Interaction[],
  told: (done: number) => void = () => {},
): Redacted[] {
  const policy = new HttpPolicy(optionsInForce());
  // The first time is to learn what is secret.
  const [, clean] = [0, 0.5].map((half) =>
    interactions.map((interaction, index) => {
      told(Math.floor(half * interactions.length + index / 2));
      return redacted(interaction, policy);
    }),
  );
  return clean as Redacted[];
}

function redacted(interaction: Interaction, policy: HttpPolicy): Redacted {
  const { request, responseChunks, metadata } = interaction;
  const cleanRequest = policy.request(request);
  const cleanChunks = policy.response(responseChunks, cleanRequest);
  const cleanMetadata = metadata.map(([name, value]) => [name, policy.text(value)] as const);
  const places = [
    ...(cleanRequest.target === request.target ? [] : ['request.target']),
    ...changedHeaders('request.headers', request.headers, cleanRequest.headers),
    ...(isSame(request.body, cleanRequest.body) ? [] : ['request.body']),
    ...changedHeaders(
      'response.headers',
      fieldsOf('header', responseChunks),
      fieldsOf('header', cleanChunks),
    ),
    ...changedHeaders(
      'response.trailers',
      fieldsOf('trailer', responseChunks),
      fieldsOf('trailer', cleanChunks),
    ),
    ...(responseChunks.every(({ data }, index) => isSame(data, cleanChunks[index]?.data))
      ? []
      : ['response.body']),
    ...metadata.flatMap(([name, value], index) =>
      value === cleanMetadata[index]?.[1] ? [] : [`metadata ${name}`],
    ),
  ];
  if (places.length === 0) {
    return { interaction, places };
  }
  const clean = { request: cleanRequest, responseChunks: cleanChunks, metadata: cleanMetadata };
  return { interaction: new Interaction(clean), places };
}

/** A `content-length` moves with what was replaced in its body. */
function changedHeaders(part: string, before: readonly HeaderPair[], after: readonly HeaderPair[]): string[] {
  const changed = before.filter(([name, value], index) => {
    return name.toLowerCase() !== 'content-length' && after[index]?.[1] !== value;
  });
  return [...new Set(changed.map(([name]) => `${part} ${name.toLowerCase()}`))];
}

function isSame(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && Buffer.compare(a, b) === 0;
}
