import type { Options } from 'cli-progress';

/** Is told how much of the work is done by now. */
export type Told = (done: number) => void;

/** Less than this is done before anybody wonders. */
const WORTH_A_BAR = 20;

const LOOK: Options = {
  format: '{what} [{bar}] {value} of {total}, {eta_formatted} left',
  barCompleteChar: '=',
  barIncompleteChar: ' ',
  // A terminal is left as it was found also where the command is ended by a signal.
  hideCursor: false,
  linewrap: true,
  clearOnComplete: true,
};

/**
 * Does the work, and shows on stderr how far it has come; nothing where that is no terminal.
 *
 * @param what Such as `copying`.
 * @param total How much there is to do.
 */
export async function showProgress<T>(
  what: string,
  total: number,
  work: (told: Told) => T | Promise<T>,
): Promise<T> {
  if (!process.stderr.isTTY || total < WORTH_A_BAR) {
    return work(() => {});
  }
  // Not before it is needed: most calls of the command show none.
  const { default: cliProgress } = await import('cli-progress');
  const bar = new cliProgress.SingleBar({ ...LOOK, stream: process.stderr });
  bar.start(total, 0, { what });
  try {
    return await work((done) => bar.update(done));
  } finally {
    bar.stop();
  }
}
