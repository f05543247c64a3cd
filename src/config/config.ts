import { dirname } from 'node:path';
import { checkedOptions, checkMembers } from '../checked-options.js';
import { checkedMode } from '../core/broker-options.js';
import { type BrokerMode, InvalidOptionError } from '../core/errors.js';
import { hostProcess } from '../core/host-realm.js';
import type { InterpositionOptions } from '../options.js';
import { parseAddress } from '../stores/addresses/address.js';
import type { InterpositionConfig } from './define-config.js';
import { configAt, type FoundConfig, findConfig } from './find-config.js';
import { loadConfig } from './load-config.js';

/** A config file that holds. */
export interface Config {
  /** Its absolute path. */
  readonly file: string;
  readonly mode: BrokerMode | undefined;
  /** Checked; `cassette` says the same in every folder. */
  readonly options: InterpositionOptions;
}

const VARIABLE = 'INTERPOSITION_PARENT_CONFIG';

/** What the process that started this one goes by: for a child whose own folder leads to none. */
const inherited = hostProcess.env[VARIABLE] || undefined;

/** Gives what was found in a folder, or throws what was wrong with it: an ES module that failed fails otherwise a second time. */
const byFolder = new Map<string, () => Config | undefined>();
const byFile = new Map<string, Config>();

/**
 * The config file that holds in the working directory: the nearest one in it and above it, else that of the process that
 * started this one. Each folder is looked at once, and each file read once. Children of this process inherit it.
 *
 * @throws InvalidOptionError, in one line that names the file, where it cannot be used.
 */
export function configInForce(): Config | undefined {
  const folder = workingFolder();
  const known = byFolder.get(folder ?? '') ?? outcomeOf(() => configFor(folder));
  byFolder.set(folder ?? '', known);
  return known();
}

function outcomeOf<T>(work: () => T): () => T {
  try {
    const result = work();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function configFor(folder: string | undefined): Config | undefined {
  const own = folder === undefined ? undefined : findConfig(folder);
  const found = own ?? (inherited === undefined ? undefined : configAt(inherited));
  return found && configOf(found);
}

/** Undefined where it is gone. */
function workingFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

function configOf(found: FoundConfig): Config {
  const { file } = found;
  const config = byFile.get(file) ?? checked(found, loadConfig(found));
  byFile.set(file, config);
  hostProcess.env[VARIABLE] = file;
  // A sandbox's copy of the environment is what its program hands to a child by name.
  process.env[VARIABLE] = file;
  return config;
}

function checked({ file, key }: FoundConfig, content: InterpositionConfig): Config {
  const place = (name: string) => `${key === undefined ? '' : 'interposition.'}${name} in ${file}`;
  const { mode, ...given } = checkedOptions(content, {
    whole: `config file ${file}`,
    place,
    others: ['mode'],
  });
  const options =
    given.cassette === undefined
      ? given
      : {
          ...given,
          cassette: named(place, () => parseAddress(given.cassette as string | URL, dirname(file)).text),
        };
  named(place, () => checkMembers(options));
  return { file, mode: mode === undefined ? undefined : checkedMode(mode, place('mode')), options };
}

/** Errors about parts of an option say which part, and not whose. */
function named<T>(place: (name: string) => string, check: () => T): T {
  try {
    return check();
  } catch (cause) {
    if (!(cause instanceof InvalidOptionError)) {
      throw cause;
    }
    const problem = cause.message.slice(`Invalid ${cause.option}: `.length);
    throw new InvalidOptionError(place(cause.option.replace(/^options\./, '')), problem, { cause });
  }
}
