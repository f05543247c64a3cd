import type { Address } from './address.js';
import type { OfLane } from './lanes.js';
import type { Placed } from './stored-interaction.js';

/**
 * Where the interactions of a cassette stand that is not read whole. All that it gives is in the order of the places,
 * and each entry is each time the same object. Every method throws CassetteLoadError where it cannot read.
 */
export interface CassetteSource {
  /** How many interactions there are. */
  readonly size: number;
  /** All of them. */
  all(): readonly Placed[];
  /** Those whose fingerprint is said to be this one. */
  byFingerprint(fingerprint: string): readonly Placed[];
  /**
   * Those that a request of this address may be answered with, as `isAlike` tells it of their targets as they stand there.
   * They may hold more. Without those that have no address.
   */
  alike(address: Address): readonly Placed[];
  /** Those that have no address: a placeholder in their path may stand for anything. */
  withoutAddress(): readonly Placed[];
  /** One for each lane of each session, in the order of their first interactions. */
  lanes(): readonly OfLane[];
}

/** Places of a source are below this one; behind it stands what was appended. */
export const BEHIND_SOURCE: number = 2 ** 52;
