import { Interaction } from './interaction.js';
import type { MetadataPair } from './metadata.js';
import type { RequestHead } from './recording.js';

/**
 * An interaction that a store holds. Its head is there; its bodies are decoded, and its fingerprint is verified, when
 * it is first asked for.
 */
export interface StoredInteraction {
  readonly head: RequestHead;
  /** What its fingerprint is said to be; undefined where nothing is said. */
  readonly fingerprint: string | undefined;
  readonly metadata: readonly MetadataPair[];
  /**
   * The interaction, each time the same.
   *
   * @throws CassetteLoadError where it is not well formed, or its fingerprint is not its request's.
   */
  interaction(): Interaction;
}

/** What a cassette is made of. */
export type CassetteEntry = Interaction | StoredInteraction;

/** An entry, and where it stands in its cassette. */
export interface Placed {
  readonly entry: CassetteEntry;
  readonly place: number;
}

/** @throws CassetteLoadError where it stands in a store and is not well formed. */
export function interactionOf(entry: CassetteEntry): Interaction {
  return entry instanceof Interaction ? entry : entry.interaction();
}

export function headOf(entry: CassetteEntry): RequestHead {
  return entry instanceof Interaction ? entry.request : entry.head;
}
