import { setTimeout } from '../../core/clock.js';
import type { StoredInteraction } from '../../core/stored-interaction.js';
import type { Connection } from './connection.js';
import { type Listing, listOnce } from './listing.js';
import { missingValue, parseValue } from './values.js';

/** How many values are asked for at a time. */
const BATCH = 64;
/** How often the keys are listed where each list differs from the one before. */
const PASSES = 6;
/** How often one key is read before it counts as damaged, and not as one that somebody is just writing. */
const TRIES = 6;
/** How often the keys are listed at most, where each time it is another one that somebody is just writing. */
const MAX_PASSES = 100;
/** Others may be in the middle of a write: so long is waited for them, and twice as long each time that it is still so. */
const PAUSE_MS = 5;

/** What a storage held at one moment. */
export interface Reading {
  readonly listing: Listing;
  /** In their order. */
  readonly keys: readonly string[];
  readonly interactions: readonly StoredInteraction[];
}

/**
 * Reads everything, while others may write and delete. A list of keys is no picture of one moment, as a key that comes
 * late and the one that goes for it may both be missing. Two lists that are equal are one. Where they never are, because
 * others do nothing but replace, it is all that was read meanwhile: the old, the new, or both, and never neither.
 *
 * @throws Error where a key that is listed cannot be read each time, with what is wrong with it.
 */
export async function readSettled(connection: Connection, location: string): Promise<Reading> {
  const read = new Map<string, StoredInteraction>();
  let unreadable: ReadonlyMap<string, Unreadable> = new Map();
  let before: ReadonlySet<string> | undefined;
  for (let pass = 1; ; pass++) {
    const listing = await listOnce(connection);
    const unread = [...listing.keys].filter((key) => !read.has(key));
    unreadable = await readInto(read, unread, unreadable, connection, location);
    const worst = [...unreadable.values()].reduce(longer, undefined);
    if (worst === undefined) {
      if (before !== undefined && isSame(before, listing.keys)) {
        return readingOf(listing, read, listing.keys);
      }
      if (pass >= PASSES) {
        return readingOf(listing, read, read.keys());
      }
    } else if (worst.tries >= TRIES || pass >= MAX_PASSES) {
      throw worst.error;
    } else {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 ** worst.tries));
    }
    before = new Set([...listing.keys].filter((key) => read.has(key)));
  }
}

/** A key that could not be read, each of the last so many times. */
interface Unreadable {
  readonly tries: number;
  readonly error: unknown;
}

function longer(one: Unreadable | undefined, other: Unreadable): Unreadable {
  return one !== undefined && one.tries >= other.tries ? one : other;
}

/** Reads what can be read, and gives the others. */
async function readInto(
  read: Map<string, StoredInteraction>,
  keys: readonly string[],
  before: ReadonlyMap<string, Unreadable>,
  connection: Connection,
  location: string,
): Promise<ReadonlyMap<string, Unreadable>> {
  const unreadable = new Map<string, Unreadable>();
  for (let begin = 0; begin < keys.length; begin += BATCH) {
    const batch = keys.slice(begin, begin + BATCH);
    const items = await connection.use((storage) => storage.getItems(batch));
    const values = new Map(items.map(({ key, value }) => [key, value]));
    for (const key of batch) {
      try {
        read.set(key, parseListed(values.get(key), key, location));
      } catch (error) {
        unreadable.set(key, { tries: (before.get(key)?.tries ?? 0) + 1, error });
      }
    }
  }
  return unreadable;
}

/** A driver that writes files may show half of one, and any may list a key that is gone when it is read. */
function parseListed(value: unknown, key: string, location: string): StoredInteraction {
  const place = `${location}, key ${key}`;
  if (value === undefined || value === null) {
    throw missingValue(place);
  }
  return parseValue(value, place);
}

function readingOf(
  listing: Listing,
  read: ReadonlyMap<string, StoredInteraction>,
  names: Iterable<string>,
): Reading {
  const keys = [...names].sort();
  return { listing, keys, interactions: keys.map((key) => read.get(key) as StoredInteraction) };
}

function isSame(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((key) => other.has(key));
}
