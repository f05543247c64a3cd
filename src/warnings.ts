import { debuglog } from 'node:util';
import { printable } from './core/printable.js';
import type { RequestHead } from './core/recording.js';

const warned = new Set<string>();

/** Tells the user something on stderr, once a process. */
export function warnOnce(message: string): void {
  if (!warned.has(message)) {
    warned.add(message);
    process.stderr.write(`interposition: ${printable(message)}\n`);
  }
}

const debug = debuglog('interposition');

/**
 * One line a request on stderr under `NODE_DEBUG=interposition`.
 *
 * @param text Makes a text fit to be shown.
 */
export function logLookup(
  outcome: 'HIT' | 'MISS',
  { action, target }: RequestHead,
  text: (text: string) => string,
): void {
  if (debug.enabled) {
    debug('%s %s', outcome, printable(`${action} ${text(target)}`));
  }
}
