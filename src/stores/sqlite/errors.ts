import { CassetteLoadError, CassetteSaveError, InterpositionError } from '../../core/errors.js';
import { loadError, saveError } from '../file-errors.js';

/** SQLite's result codes that are told in words of their own. */
const NAMES: ReadonlyMap<number, string> = new Map([
  [5, 'BUSY'],
  [6, 'LOCKED'],
  [8, 'READONLY'],
  [11, 'CORRUPT'],
  [13, 'FULL'],
  [14, 'CANTOPEN'],
  [15, 'PROTOCOL'],
  [18, 'TOOBIG'],
  [26, 'NOTADB'],
]);

interface Told {
  readonly problem: string;
  readonly hint?: string;
}

const RESTORE = 'Restore it from a copy, or delete it and record again.';

const TOLD: ReadonlyMap<string, Told> = new Map([
  ['BUSY', { problem: 'another process has it locked', hint: 'End that one, or wait for it.' }],
  ['CORRUPT', { problem: 'the database is damaged or cut off', hint: RESTORE }],
  [
    'NOTADB',
    {
      problem: 'it is not an SQLite database',
      hint: 'A cassette in JSON is named without "sqlite:". Another file is to be restored from a copy.',
    },
  ],
]);

const TOLD_OF_LOAD: ReadonlyMap<string, Told> = new Map([
  [
    'CANTOPEN',
    {
      problem: 'it cannot be opened',
      hint:
        'Give this user the right to read it, and its folder. After a process that wrote into it was killed, open it ' +
        'once where its folder can be written.',
    },
  ],
  [
    'READONLY',
    {
      problem:
        'a process that wrote into it was killed, and what it left cannot be put in order in a read-only folder',
      hint: 'Open it once where its folder can be written.',
    },
  ],
]);

const TOLD_OF_SAVE: ReadonlyMap<string, Told> = new Map([
  [
    'CANTOPEN',
    { problem: 'it cannot be opened or made', hint: 'Give this user the right to write into its folder.' },
  ],
  [
    'READONLY',
    { problem: 'it may not be written', hint: 'Give this user the right to write it, and its folder.' },
  ],
  ['FULL', { problem: 'the disk is full' }],
  [
    'TOOBIG',
    {
      problem: 'a recording is larger than a row may be',
      hint: 'Give a smaller "maxBodySize", or leave its request alone with "passthrough".',
    },
  ],
]);

const STILL_THERE = 'What was in the database is still there; this recording is not.';

/** Is somebody else at it, so that it may succeed in a moment? */
export function isBusy(error: unknown): boolean {
  return ['BUSY', 'LOCKED', 'PROTOCOL'].includes(resultOf(error) ?? '');
}

/** Can it not be read before somebody writes it? */
export function isOutOfOrder(error: unknown): boolean {
  return ['READONLY', 'CANTOPEN'].includes(resultOf(error) ?? '');
}

/** The error for a database that cannot be read. */
export function sqliteLoadError(location: string, cause: unknown): InterpositionError {
  if (cause instanceof InterpositionError) {
    return cause;
  }
  const failure = told(cause, TOLD_OF_LOAD);
  return failure === undefined
    ? loadError(location, cause)
    : new CassetteLoadError(location, { cause, ...failure });
}

/** The error for a database that cannot be written, or read before that. */
export function sqliteSaveError(location: string, cause: unknown): CassetteSaveError {
  if (cause instanceof CassetteSaveError) {
    return cause;
  }
  const failure = told(cause, TOLD_OF_SAVE);
  if (failure === undefined) {
    return saveError(location, cause);
  }
  const hint = [failure.hint, STILL_THERE].filter(Boolean).join(' ');
  return new CassetteSaveError(location, { cause, problem: failure.problem, hint });
}

function told(cause: unknown, more: ReadonlyMap<string, Told>): Told | undefined {
  const result = resultOf(cause) ?? '';
  return more.get(result) ?? TOLD.get(isBusy(cause) ? 'BUSY' : result);
}

/** The primary result code; undefined for an error that is not SQLite's. */
function resultOf(error: unknown): string | undefined {
  const { code, errcode } = (error ?? {}) as { readonly code?: unknown; readonly errcode?: unknown };
  // Node's has the number, with what extends it in the higher bytes; that of better-sqlite3 has the name.
  return typeof errcode === 'number' ? NAMES.get(errcode & 0xff) : /^SQLITE_([A-Z]+)/.exec(String(code))?.[1];
}
