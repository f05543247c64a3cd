import { CassetteLoadError } from '../core/errors.js';

/** The error for a cassette that is not there. */
export function missingError(location: string, problem: string, cause?: unknown): CassetteLoadError {
  return new CassetteLoadError(location, {
    cause,
    problem,
    hint:
      'Record it first: run once with INTERPOSITION_MODE=record. A store of your own that may start empty is made ' +
      'with { createIfMissing: true }.',
  });
}
