import type { Cassette } from '../../core/cassette.js';
import { type Block, blockOf, changeTo } from '../cassette-change.js';
import { hashIn, hashOf, keyAfter } from './keys.js';
import { printValue } from './values.js';

/** A value, and where it goes. */
export interface Item {
  readonly key: string;
  readonly value: string;
}

/** The keys of a cassette, by place. Those of a growing cassette share a list, as its versions do. */
export interface Keys {
  readonly log: string[];
  readonly size: number;
}

/** What a save has to do. */
export interface Plan {
  readonly added: readonly Item[];
  readonly removed: readonly string[];
  /** Those of the cassette afterwards. */
  readonly keys: Keys;
}

/** The key of an interaction that is not in the storage any more. */
const GONE = '';

export function keysOf(names: readonly string[]): Keys {
  return { log: [...names], size: names.length };
}

/**
 * Makes a cassette of an earlier one.
 *
 * @param before The keys of the earlier one.
 */
export function planToChange(cassette: Cassette, since: Cassette, before: Keys): Plan {
  const { added, places } = changeTo(cassette, since);
  if (places.size === 0) {
    return planOf(before, added.map(storedValue), []);
  }
  const names = before.log.slice(0, before.size);
  const kept = names.filter((_, place) => !places.has(place));
  return planOf(
    keysOf(kept),
    added.map(storedValue),
    names.filter((name, place) => places.has(place) && name !== GONE),
  );
}

/**
 * Makes a cassette of whatever is stored: the longest beginning of it stays that is stored in this order.
 *
 * @param stored The keys, in their order.
 */
export function planToReplace(cassette: Cassette, stored: readonly string[]): Plan {
  const values = cassette.interactions.map(blockOf).map(storedValue);
  const kept: string[] = [];
  let place = 0;
  for (const { hash } of values) {
    while (place < stored.length && hashIn(stored[place] as string) !== hash) {
      place++;
    }
    if (place === stored.length) {
      break;
    }
    kept.push(stored[place++] as string);
  }
  const staying = new Set(kept);
  return planOf(
    keysOf(kept),
    values.slice(kept.length),
    stored.filter((key) => !staying.has(key)),
  );
}

/** The keys of a cassette that was neither loaded nor saved here, among those that are stored. */
export function findKeys(cassette: Cassette, stored: readonly string[]): Keys {
  const byHash = new Map<string, string[]>();
  for (const key of stored) {
    const hash = hashIn(key);
    byHash.set(hash, [...(byHash.get(hash) ?? []), key]);
  }
  const names = cassette.interactions.map((interaction) => {
    const { hash } = storedValue(blockOf(interaction));
    return byHash.get(hash)?.shift() ?? GONE;
  });
  return keysOf(names);
}

interface Value {
  readonly value: string;
  readonly hash: string;
  readonly recordedAtMs: number | undefined;
}

function storedValue({ interaction, text }: Block): Value {
  const value = printValue(text);
  return { value, hash: hashOf(value), recordedAtMs: interaction.recording.recordedAtMs };
}

function planOf(kept: Keys, values: readonly Value[], removed: readonly string[]): Plan {
  const log = kept.log.length === kept.size ? kept.log : kept.log.slice(0, kept.size);
  let last = log.findLast((key) => key !== GONE);
  const added = values.map(({ value, hash, recordedAtMs }) => {
    last = keyAfter(last, recordedAtMs, hash);
    log.push(last);
    return { key: last, value };
  });
  // What is put back where it was is not removed.
  const staying = new Set(removed.length > 0 ? added.map(({ key }) => key) : []);
  return {
    added,
    removed: removed.filter((key) => !staying.has(key)),
    keys: { log, size: log.length },
  };
}
