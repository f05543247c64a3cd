import { DEFAULT_CASSETTE } from '../cassette-name.js';
import type { Cassette } from '../core/cassette.js';
import type { CassetteStore } from '../core/cassette-store.js';
import type { Interaction } from '../core/interaction.js';
import { storeAt } from '../store-at.js';
import { type Address, parseAddress } from '../stores/addresses/address.js';
import { CommandError } from './command-error.js';
import { optionsInForce } from './options-in-force.js';
import type { Terminal } from './terminal.js';

/** How the argument that names a cassette reads in a command's help. */
export const CASSETTE_ARGUMENT = [
  '[cassette]',
  `the cassette's file or address (default: $INTERPOSITION_CASSETTE, else that of the options, else ${DEFAULT_CASSETTE})`,
] as const;

/**
 * Where the cassette is that a command is about.
 *
 * @throws InvalidOptionError where the address is none; where it is for the options to say, also where they cannot be used.
 */
export function cassetteAt(given: string | undefined, terminal: Terminal): Address {
  return (
    namedCassette(given, terminal) ??
    parseAddress(optionsInForce().cassette ?? DEFAULT_CASSETTE, terminal.cwd)
  );
}

/** The same, where the call or the environment names one. */
export function namedCassette(given: string | undefined, { cwd, env }: Terminal): Address | undefined {
  const named = given ?? (env['INTERPOSITION_CASSETTE'] || undefined);
  return named === undefined ? undefined : parseAddress(named, cwd);
}

/** The same where a report names it: without credentials, which then are those of the cassette that is in force. */
export function reportedCassette(location: string, terminal: Terminal): Address {
  const address = parseAddress(location, terminal.cwd);
  const own = address.kind === 'file' ? address : cassetteAt(undefined, terminal);
  return own.location === address.location ? own : address;
}

/** How to name a cassette to who has named it: a file in his words, all else without the credentials in them. */
export function shownCassette(given: string, { kind, location }: Address): string {
  return kind === 'file' ? given : location;
}

/**
 * The path of a cassette that has to be a file.
 *
 * @throws CommandError where it is not.
 */
export function cassettePath(given: string | undefined, terminal: Terminal): string {
  const { kind, location } = cassetteAt(given, terminal);
  if (kind !== 'file') {
    throw new CommandError(`${location} is no file. This command is for cassettes in files.`);
  }
  return location;
}

/** The store of a cassette. One that is missing is an error, unless `createIfMissing`. */
export function storeOf(address: Address, { createIfMissing = false } = {}): Promise<CassetteStore> {
  return storeAt(address, { createIfMissing });
}

/** @throws CassetteLoadError where it cannot be read, or is no cassette. */
export async function readCassette(address: Address): Promise<Cassette> {
  const store = await storeOf(address);
  try {
    return await store.load();
  } finally {
    await store.flush?.();
  }
}

/**
 * The cassette of a store; undefined where there is none.
 *
 * @throws CassetteLoadError where it cannot be read, or is no cassette.
 */
export async function loadIfThere(store: CassetteStore, address: Address): Promise<Cassette | undefined> {
  try {
    return await store.load();
  } catch (error) {
    // One that may start empty does so where the cassette is missing, and fails for every other reason.
    const lenient = await storeOf(address, { createIfMissing: true });
    const { size } = await lenient.load();
    await lenient.flush?.();
    if (size > 0) {
      throw error;
    }
    return undefined;
  }
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
