import { InterpositionError } from '../core/errors.js';

/** What a command cannot do, in one line: what, where, and what to do about it. */
export class CommandError extends InterpositionError {
  override readonly name = 'CommandError';
  readonly code = 'ERR_COMMAND';
}
