import { CassetteLoadError, CassetteSaveError } from '../../core/errors.js';
import { bareCause, reasonOf } from './reason.js';

/** What to do where a prefix is somebody else's. */
export const OWN_PREFIX = 'Give the cassette a prefix of its own.';

/** The error for a prefix under which there is something else. */
export function foreign(
  Failure: typeof CassetteLoadError | typeof CassetteSaveError,
  location: string,
  key: string,
): CassetteLoadError | CassetteSaveError {
  return new Failure(location, {
    problem: `there is no cassette, but something else: the key ${JSON.stringify(key)}`,
    hint: OWN_PREFIX,
  });
}

/** The error for a driver that lists only a part of the keys, as some do where there are more than a thousand. */
export function listedInPart(location: string): CassetteLoadError {
  return new CassetteLoadError(location, {
    problem: 'its driver lists only a part of the keys, so it cannot be read whole',
    hint: 'Use a driver that lists all of them, or a bucket of its own with fewer than 1,000.',
  });
}

/** The error for a load that failed. */
export function loadError(location: string, cause: unknown): CassetteLoadError {
  return cause instanceof CassetteLoadError
    ? cause
    : new CassetteLoadError(location, { cause: bareCause(cause), problem: reasonOf(cause) });
}

/** The error for a save that failed. */
export function saveError(location: string, cause: unknown): CassetteSaveError {
  if (cause instanceof CassetteSaveError) {
    return cause;
  }
  const hint = 'What was stored before is still there; this recording is not.';
  return new CassetteSaveError(location, { cause: bareCause(cause), problem: reasonOf(cause), hint });
}
