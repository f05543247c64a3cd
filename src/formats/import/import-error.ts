import { InterpositionError } from '../../core/errors.js';

/** A file of another tool that cannot be imported, in one line: which entry of which file, and what is wrong with it. */
export class ImportError extends InterpositionError {
  override readonly name = 'ImportError';
  readonly code = 'ERR_IMPORT';
  readonly file: string;
  /** From 1; undefined where the whole file is meant. */
  readonly entry: number | undefined;

  constructor(file: string, problem: string, entry?: number, options?: ErrorOptions) {
    const place = entry === undefined ? '' : `entry ${entry}: `;
    super(`Cannot import ${file}: ${place}${oneLine(problem)}`, options);
    this.file = file;
    this.entry = entry;
  }
}

const MAX_SHOWN = 400;

/** What a file says may be in it: names, or what JSON.parse stumbled over. */
function oneLine(problem: string): string {
  const line = problem.replace(/\s+/g, ' ');
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line;
}
