import { SuperJSON } from 'superjson';
import { CassetteLoadError, describe } from '../core/errors.js';
import { Interaction } from '../core/interaction.js';
import { FOOTER, SEPARATOR, splitBlocks, wholeBeginning } from './cassette-blocks.js';
import {
  type BodyWriter,
  base64Bodies,
  bodiesOf,
  fromInteractionJson,
  type InteractionJson,
  readableBodies,
  toInteractionJson,
} from './interaction-json.js';
import { prettyJson } from './pretty-json.js';
import { isSameResponse } from './response-json.js';

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
      deserialize: (json: InteractionJson) => {
        const interaction = fromInteractionJson(json);
        origins.set(interaction, json);
        return interaction;
      },
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

function print(interaction: Interaction, superjson: SuperJSON): string {
  const json = prettyJson(superjson.serialize(interaction).json, `${BLOCK_INDENT}  `);
  return `${BLOCK_INDENT}{\n${BLOCK_INDENT}  "json": ${json},\n${BLOCK_INDENT}  ${META}\n${BLOCK_INDENT}}`;
}

function proven(interaction: Interaction, block: string): string | undefined {
  return isSame(interaction, readEnvelope(JSON.parse(block))) ? block : undefined;
}

/** Undefined where it fails: JSON that is nested deeper than the stack, for one. */
function attempt(block: () => string | undefined): string | undefined {
  try {
    return block();
  } catch {
    return undefined;
  }
}

function unprintable({ request }: Interaction): never {
  throw new TypeError(`${request.action} ${request.target} cannot be written as JSON`);
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

/** The interactions of a cassette file. `parseFile` has the errors. */
export function parseCassette(text: string, location: string): Interaction[] {
  return parseFile(text, location).interactions;
}

/** What a cassette file holds. */
export interface ParsedFile {
  readonly interactions: Interaction[];
  /** Does the footer stand at its end, and close the interactions, so that a block may be appended? */
  readonly growable: boolean;
}

/**
 * What a cassette file holds.
 *
 * @throws CassetteLoadError for text that is empty, cut off, no JSON, in conflict, of a newer version or no cassette,
 * and for an interaction that is not well formed; it says which.
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
  const read = interactions.map((envelope, index) => {
    try {
      return readEnvelope(envelope);
    } catch (cause) {
      const hint = 'Correct it, or delete this interaction and record it again.';
      throw fail(`interaction ${index + 1} of ${interactions.length}: ${describe(cause)}`, hint, cause);
    }
  });
  return { interactions: read, growable };
}

/** What to do about text that is no JSON. */
function repairOf(text: string): string {
  const whole = wholeBeginning(text, HEAD);
  return whole === undefined
    ? START_AGAIN
    : `Its beginning is whole: cut it after byte ${whole.bytes} and put ${JSON.stringify(FOOTER)} behind that, and ` +
        `it has ${whole.blocks === 1 ? 'one interaction' : `${whole.blocks} interactions`}. Or restore it from ` +
        'version control.';
}

function readEnvelope(envelope: unknown): Interaction {
  const { json, meta } = (envelope ?? {}) as { json?: unknown; meta?: { values?: unknown } };
  if (
    typeof json !== 'object' ||
    json === null ||
    JSON.stringify(meta?.values) !== '[["custom","interaction"]]'
  ) {
    throw new TypeError('it is not an interaction in its superjson envelope');
  }
  // In place, because superjson's own copy drops a body's `__proto__` key.
  return readable.deserialize(
    { json: json as never, meta: { values: [['custom', 'interaction']] } },
    { inPlace: true },
  );
}

/** Is it the beginning of a cassette, without its end? */
function isCutOff(text: string): boolean {
  return text.startsWith('{') && !/\]\s*\}\s*$/.test(text);
}

function isSame(a: Interaction, b: Interaction): boolean {
  return (
    a.fingerprint === b.fingerprint &&
    JSON.stringify(a.metadata) === JSON.stringify(b.metadata) &&
    isSameResponse(a.responseChunks, b.responseChunks)
  );
}
