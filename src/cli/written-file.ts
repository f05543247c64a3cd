import { describe } from '../core/errors.js';
import { replaceFile, targetOf } from '../stores/atomic-file.js';
import { doLater } from '../stores/steps.js';
import { CommandError } from './command-error.js';

/**
 * Gives a file this content, all or nothing.
 *
 * @param shown How its path was given.
 * @throws CommandError where it cannot be written: it is as it was.
 */
export async function writeWhole(
  path: string,
  shown: string,
  content: string,
  { fsync = false } = {},
): Promise<void> {
  try {
    await doLater(replaceFile(targetOf(path), content, { fsync, check: () => {} }));
  } catch (cause) {
    throw new CommandError(`cannot write ${shown}: ${describe(cause)}.`, { cause });
  }
}
