import { CassetteLoadError } from '../../core/errors.js';
import type { StoredInteraction } from '../../core/stored-interaction.js';
import { parseFile, printCassette } from '../../formats/cassette-json.js';

const VERSION = 1;
const DELETE = 'Delete this key, and record again.';
/** What every value begins with. With it a value is no JSON, which drivers parse, and print in another way. */
const HEAD = `interposition ${VERSION}\n`;

/** The value of the marker. */
export const MARKER_VALUE = `${HEAD}This is a cassette: each of the keys beside this one is an interaction.\n`;

/** The value of an interaction, from its block of text in a cassette file: such a file, with only this one in it. */
export function printValue(block: string): string {
  return `${HEAD}${printCassette([block])}`;
}

/**
 * The interaction of a value. Its bodies are not looked into before they are asked for.
 *
 * @param location How messages name it.
 * @throws CassetteLoadError for what is no such value, is of a newer version, or not well formed.
 */
export function parseValue(value: unknown, location: string): StoredInteraction {
  checkHead(value, location, DELETE);
  const { interactions } = parseFile((value as string).slice(HEAD.length), location);
  const [interaction] = interactions;
  if (interaction === undefined || interactions.length > 1) {
    throw new CassetteLoadError(location, {
      problem: `it has ${interactions.length} interactions, where one was due`,
      hint: DELETE,
    });
  }
  return interaction;
}

/** The error for a key that is listed, and has no value. */
export function missingValue(location: string): CassetteLoadError {
  return new CassetteLoadError(location, { problem: 'it is listed, and cannot be read', hint: DELETE });
}

/**
 * @param hint What to do about a value that did not come from here.
 * @throws CassetteLoadError for such a value, and for one of a newer version.
 */
export function checkHead(value: unknown, location: string, hint: string): void {
  const version = typeof value === 'string' ? /^interposition (\d+)\n/.exec(value)?.[1] : undefined;
  if (version === undefined) {
    throw new CassetteLoadError(location, {
      problem: `what is there (${kindOf(value)}) is not of a cassette`,
      hint,
    });
  }
  if (version !== String(VERSION)) {
    throw new CassetteLoadError(location, {
      problem: `its layout is of version ${version}, and this release reads version ${VERSION}`,
      hint: 'Update the package.',
    });
  }
}

/** It may be somebody's secret, so no more is said of it. */
function kindOf(value: unknown): string {
  return typeof value === 'string' ? `a text of ${value.length} characters` : typeof value;
}
