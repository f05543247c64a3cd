import { CassetteLoadError } from '../core/errors.js';

/** The error for a cassette that is not there. */
export function missingError(location: string, problem: string, cause?: unknown): CassetteLoadError {
  return new CassetteLoadError(location, {
    cause,
    problem,
    hint:
      'Record it first, in mode "record" or "auto"; a store that may start empty is made with ' +
      '{ createIfMissing: true }.',
  });
}
