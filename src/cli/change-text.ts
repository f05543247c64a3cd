import type { Difference } from '../core/miss.js';
import { printableLine } from '../core/printable.js';

/**
 * What `diff` and `verify` say of one request: a line for it, and one for each difference.
 *
 * @param style Colours the first line.
 */
export function changeText(
  headline: string,
  differences: readonly Difference[],
  style: (text: string) => string,
): string {
  return [
    style(printableLine(headline)),
    ...differences.map(({ place, recorded = 'absent', actual = 'absent' }) =>
      printableLine(`    ${place}: ${recorded} → ${actual}`),
    ),
    '',
  ].join('\n');
}
