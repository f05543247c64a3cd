import { resolve } from 'node:path';
import type { Cassette } from '../core/cassette.js';
import type { Interaction } from '../core/interaction.js';
import { JsonFileCassetteStore } from '../stores/json-file.js';
import { CommandError } from './command-error.js';
import type { Terminal } from './terminal.js';

const DEFAULT = '__cassettes__/default.json';

/** How the argument that names a cassette reads in a command's help. */
export const CASSETTE_ARGUMENT = [
  '[cassette]',
  `the cassette's file (default: $INTERPOSITION_CASSETTE, else ${DEFAULT})`,
] as const;

/** The absolute path of the cassette that a command is about. */
export function cassettePath(given: string | undefined, { cwd, env }: Terminal): string {
  return resolve(cwd, given ?? (env['INTERPOSITION_CASSETTE'] || DEFAULT));
}

/** @throws CassetteLoadError where the file cannot be read, or is no cassette. */
export function readCassette(path: string): Promise<Cassette> {
  return new JsonFileCassetteStore(path).load();
}

/**
 * The interactions that were asked for: by their numbers, from 1, as `ls` shows them, or by the beginnings of their
 * fingerprints, in six characters or more.
 *
 * @throws CommandError for what names none, or several.
 */
export function pickInteraction(cassette: Cassette, name: string): Interaction {
  const { interactions } = cassette;
  if (/^\d{1,5}$/.test(name)) {
    const one = interactions[Number(name) - 1];
    if (one === undefined) {
      throw new CommandError(`there is no interaction ${name}: the cassette has ${interactions.length}.`);
    }
    return one;
  }
  const found = /^[0-9a-f]{6,64}$/.test(name)
    ? interactions.filter(({ fingerprint }) => fingerprint.startsWith(name))
    : [];
  if (found.length !== 1) {
    const problem = found.length === 0 ? 'no interaction has' : `${found.length} interactions have`;
    throw new CommandError(
      `${problem} the fingerprint ${name}. Give a number, as "interposition ls" shows it.`,
    );
  }
  return found[0] as Interaction;
}
