import type { InteractionRequest } from './interaction.js';

/**
 * Why a request was a MISS. `empty`: the cassette holds nothing. `never-recorded`: nothing like it. `differs`: the nearest
 * recording differs in the places that are listed. `policy`: it was recorded, and the matching options in force keep it
 * apart. `used`: every recording near it has answered another request of this run already.
 */
export type MissReason = 'empty' | 'never-recorded' | 'differs' | 'policy' | 'used';

/** One place in which a recorded request and the one that was made differ. */
export interface Difference {
  /** Such as `query.page`, `body.user.id`, `header.accept`, `path[2]`. */
  readonly place: string;
  /** What was recorded there, printed as JSON and shortened; undefined where nothing is. */
  readonly recorded: string | undefined;
  /** What the request has there; undefined where nothing is. */
  readonly actual: string | undefined;
}

/** A recorded request that comes near the one that was made. */
export interface NearMiss {
  /** For HTTP the method. */
  readonly action: string;
  /** For HTTP the URL, without secrets. */
  readonly target: string;
  /** Has it answered a request of this run already? */
  readonly used: boolean;
  /** The first is the cause. */
  readonly differences: readonly Difference[];
}

/** What is known about a MISS. */
export interface MissExplanation {
  readonly reason: MissReason;
  /** The nearest recordings, best first; at most three. */
  readonly nearest: readonly NearMiss[];
  /** Options that would make the request match the nearest recording; undefined where only recording it helps. */
  readonly suggestion: string | undefined;
}

/** A recording as the explanation of a MISS looks at it. */
export interface KnownRequest {
  readonly request: InteractionRequest;
  readonly fingerprint: string;
  readonly used: boolean;
}
