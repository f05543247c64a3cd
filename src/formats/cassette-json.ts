import { constants } from 'node:buffer';
import { SuperJSON } from 'superjson';
import { CassetteLoadError, describe } from '../core/errors.js';
import { Interaction } from '../core/interaction.js';
import type { StoredInteraction } from '../core/stored-interaction.js';
import { FOOTER, SEPARATOR, splitBlocks, wholeBeginning } from './cassette-blocks.js';
import {
  type BodyWriter,
  base64Bodies,
  bodiesOf,
  fromInteractionJson,
  type InteractionJson,
  isInteractionJson,
  readableBodies,
  toInteractionJson,
} from './interaction-json.js';
import { hasShape, isEnvelope } from './interaction-shape.js';
import { prettyJson } from './pretty-json.js';
import { StoredJson } from './stored-json.js';

/** The version of the file format that is written, and the newest that is read. */
export const FORMAT_VERSION = 1;

const HEAD = `{\n  "interposition": ${FORMAT_VERSION},\n  "interactions": [`;
const BLOCK_INDENT = '    ';
const META = '"meta": { "values": [["custom", "interaction"]] }';
const START_AGAIN = 'Restore it from version control, or delete it and record again.';

/** What each interaction that came from a file was read from. */
const origins = new WeakMap<Interaction, InteractionJson>();

/** One envelope an interaction, with one transformer for the whole of it. */
function envelopes(bodies: (interaction: Interaction) => BodyWriter): SuperJSON {
  const superjson = new SuperJSON();
  superjson.registerCustom<Interaction, never>(
    {
      isApplicable: (value): value is Interaction => value instanceof Interaction,
      // superjson's own type for JSON knows no interfaces; what stands here is JSON.
      serialize: (interaction) => toInteractionJson(interaction, bodies(interaction)) as never,
      deserialize: (json: InteractionJson) => fromInteractionJson(json),
    },
    'interaction',
  );
  return superjson;
}

const asItWas = envelopes((interaction) => bodiesOf(origins.get(interaction) as InteractionJson));
const readable = envelopes(() => readableBodies);
const base64 = envelopes(() => base64Bodies);

/**
 * An interaction's block of text in a cassette file, proven to give the same interaction back. The bodies of one that
 * came from a file stay as they stood there.
 */
export function printInteraction(interaction: Interaction): string {
  return (
    (origins.has(interaction) ? attempt(() => print(interaction, asItWas)) : undefined) ??
    attempt(() => proven(interaction, print(interaction, readable))) ??
    attempt(() => proven(interaction, print(interaction, base64))) ??
    unprintable(interaction)
  );
}

/** An escape, `\u0000`. */
const MOST_CHARACTERS_A_BYTE = 6;

function print(interaction: Interaction, superjson: SuperJSON): string {
  const json = prettyJson(superjson.serialize(interaction).json, `${BLOCK_INDENT}  `);
  return `${BLOCK_INDENT}{\n${BLOCK_INDENT}  "json": ${json},\n${BLOCK_INDENT}  ${META}\n${BLOCK_INDENT}}`;
}

function proven(interaction: Interaction, block: string): string | undefined {
  const { json } = JSON.parse(block) as { json: InteractionJson };
  return isInteractionJson(json, interaction) ? block : undefined;
}

/** Undefined where it fails: JSON that is nested deeper than the stack, for one. */
function attempt(block: () => string | undefined): string | undefined {
  try {
    return block();
  } catch {
    return undefined;
  }
}

function unprintable({ request, responseChunks }: Interaction): never {
  const bytes = responseChunks.reduce((sum, { data }) => sum + data.byteLength, request.body.byteLength);
  const why =
    bytes > constants.MAX_STRING_LENGTH / MOST_CHARACTERS_A_BYTE
      ? `: with ${bytes} bytes it is too large for a cassette's file. Set maxBodySize, or name the request in "passthrough"`
      : '';
  throw new TypeError(`${request.action} ${request.target} cannot be written as JSON${why}`);
}

/** The text of a cassette file, from its interactions' blocks. */
export function printCassette(blocks: readonly string[]): string {
  return blocks.length === 0 ? `${HEAD}]\n}\n` : `${HEAD}\n${blocks.join(SEPARATOR)}${FOOTER}`;
}

/** The blocks of a cassette file as they stand there; undefined where it is laid out in another way. */
export function blocksOf(text: string): readonly string[] | undefined {
  return text.startsWith(`${HEAD}\n`) && text.endsWith(FOOTER)
    ? splitBlocks(text.slice(HEAD.length + 1, -FOOTER.length))
    : undefined;
}

/** What a cassette file holds. */
export interface ParsedFile {
  readonly interactions: readonly StoredInteraction[];
  /** Does the footer stand at its end, and close the interactions, so that a block may be appended? */
  readonly growable: boolean;
}

/**
 * What a cassette file holds. Bodies are not looked into, and fingerprints not verified, before an interaction is asked
 * for.
 *
 * @throws CassetteLoadError for text that is empty, cut off, no JSON, in conflict, of a newer version or no cassette,
 * and for an interaction that has not the shape of one; it says which. So does what an interaction then throws.
 */
export function parseFile(text: string, location: string): ParsedFile {
  const fail = (problem: string, hint = START_AGAIN, cause?: unknown) =>
    new CassetteLoadError(location, { problem, hint, cause });
  if (text.trim() === '') {
    throw fail('the file is empty');
  }
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch (cause) {
    if (/^<{7} /m.test(text) && /^>{7} /m.test(text)) {
      const hint = 'Resolve the conflict: keep the interactions of both sides.';
      throw fail('it holds git conflict markers', hint, cause);
    }
    const problem = isCutOff(text) ? `it is cut off after byte ${Buffer.byteLength(text)}` : 'it is not JSON';
    throw fail(`${problem} (${describe(cause)})`, repairOf(text), cause);
  }
  const { interposition: version, interactions } = (file ?? {}) as Record<string, unknown>;
  if (typeof version === 'number' && version > FORMAT_VERSION) {
    throw fail(
      `its format version is ${version}, and this release reads up to ${FORMAT_VERSION}`,
      'Update the package.',
    );
  }
  if (version !== FORMAT_VERSION || !Array.isArray(interactions)) {
    throw fail(`it is not a cassette: "interposition": ${FORMAT_VERSION} and "interactions" are missing`);
  }
  const members = Object.keys(file as object);
  // Members whose names are numbers come first here, wherever they stand; so there must be no others at all.
  const isLast = members.length === 2 && members[1] === 'interactions';
  const growable = isLast && interactions.length > 0 && text.endsWith(FOOTER);
  const malformed = (cause: unknown, index: number) => {
    const problem = `interaction ${index + 1} of ${interactions.length}: ${describe(cause)}`;
    return fail(problem, 'Correct it, or delete this interaction and record it again.', cause);
  };
  const decode = (json: object, index: number) => {
    try {
      return readInteraction(json, (cause) => malformed(cause, index));
    } catch (cause) {
      throw malformed(cause, index);
    }
  };
  const stored = interactions.map((envelope: unknown, index) => {
    if (!isEnvelope(envelope)) {
      throw malformed(new TypeError('it is not an interaction in its superjson envelope'), index);
    }
    const interaction = new StoredJson(envelope.json as unknown as InteractionJson, index, decode);
    if (!hasShape(envelope.json)) {
      void interaction.interaction().responseChunks;
    }
    return interaction;
  });
  return { interactions: stored, growable };
}

/** What to do about text that is no JSON. */
function repairOf(text: string): string {
  const whole = wholeBeginning(text, HEAD);
  return whole === undefined
    ? START_AGAIN
    : 'Its beginning is whole, and "npx interposition repair" keeps it, where it is a file. Or cut it after byte ' +
        `${whole.bytes} and put ${JSON.stringify(FOOTER)} behind that, and it has ` +
        `${whole.blocks === 1 ? 'one interaction' : `${whole.blocks} interactions`}. Or restore it from version control.`;
}

/**
 * A cassette file that was cut off, with its end put back: what is whole of it. Undefined where nothing is, or where it
 * was not cut off.
 */
export function repairedFile(
  text: string,
): { readonly text: string; readonly bytes: number; readonly blocks: number } | undefined {
  const whole = wholeBeginning(text, HEAD);
  return whole && { ...whole, text: `${Buffer.from(text).toString('utf8', 0, whole.bytes)}${FOOTER}` };
}

function readInteraction(json: object, failed: (error: unknown) => unknown): Interaction {
  const interaction = fromInteractionJson(json, failed);
  origins.set(interaction, json as InteractionJson);
  return interaction;
}

/** Is it the beginning of a cassette, without its end? */
function isCutOff(text: string): boolean {
  return text.startsWith('{') && !/\]\s*\}\s*$/.test(text);
}
