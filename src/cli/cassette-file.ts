import { resolve } from 'node:path';
import type { Cassette } from '../core/cassette.js';
import type { Interaction } from '../core/interaction.js';
import { absolutePath } from '../stores/file-path.js';
import { JsonFileCassetteStore } from '../stores/json-file.js';
import { CommandError } from './command-error.js';
import { optionsInForce } from './options-in-force.js';
import type { Terminal } from './terminal.js';

export const DEFAULT_CASSETTE = '__cassettes__/default.json';

/** How the argument that names a cassette reads in a command's help. */
export const CASSETTE_ARGUMENT = [
  '[cassette]',
  `the cassette's file (default: $INTERPOSITION_CASSETTE, else that of the options, else ${DEFAULT_CASSETTE})`,
] as const;

/**
 * The absolute path of the cassette that a command is about.
 *
 * @throws InvalidOptionError where it is for the options to say, and they cannot be used.
 */
export function cassettePath(given: string | undefined, terminal: Terminal): string {
  return (
    namedCassette(given, terminal) ??
    absolutePath(optionsInForce().cassette ?? DEFAULT_CASSETTE, terminal.cwd)
  );
}

/** The same, where the call or the environment names one. */
export function namedCassette(given: string | undefined, { cwd, env }: Terminal): string | undefined {
  const named = given ?? (env['INTERPOSITION_CASSETTE'] || undefined);
  return named === undefined ? undefined : resolve(cwd, named);
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
