import { describe, InvalidOptionError } from '../core/errors.js';

/**
 * What loads packages gives that a program installs only where it needs them, or the error that says which ones to
 * install.
 *
 * @param option What the error names as wrong.
 * @param what What they are for it, as `the scanner`.
 * @throws InvalidOptionError where one is missing, or does not load.
 */
export async function loadPackages<T>(
  option: string,
  what: string,
  packages: readonly string[],
  load: () => Promise<T>,
): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException)?.code === 'ERR_MODULE_NOT_FOUND';
    const problem = isMissing ? 'is not installed' : `does not load: ${describe(cause)}`;
    throw new InvalidOptionError(
      option,
      `${what} ${problem}. Run: npm install --save-dev ${packages.join(' ')}`,
      { cause },
    );
  }
}
