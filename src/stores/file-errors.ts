import { CassetteLoadError, CassetteSaveError, describe } from '../core/errors.js';
import { missingError } from './missing.js';

/** Is this the error for a file that is not there? */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException)?.code === 'ENOENT';
}

/** The error for a file that cannot be read. */
export function loadError(location: string, cause: unknown): CassetteLoadError {
  const code = (cause as NodeJS.ErrnoException)?.code;
  if (isMissing(cause)) {
    return missingError(location, 'the file does not exist', cause);
  }
  if (code === 'EISDIR') {
    return new CassetteLoadError(location, { cause, problem: 'it is a folder', hint: 'Name a file in it.' });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const hint = 'Give this user the right to read it.';
    return new CassetteLoadError(location, { cause, problem: `it may not be read (${code})`, hint });
  }
  return new CassetteLoadError(location, { cause });
}

/** The error for a file that cannot be written, or read before that. */
export function saveError(location: string, cause: unknown): CassetteSaveError {
  const hint = 'What was in the file is still there; this recording is not.';
  return new CassetteSaveError(location, { cause, problem: describe(cause).replace(/\.$/, ''), hint });
}
