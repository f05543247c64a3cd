import { OURS } from '../rows/figures.js';
import { isReached } from '../rows/row.js';
import { goalText, type Result, ratioText } from './text.js';

const NAME_WIDTH = 24;

/** A block for a terminal: the row, and everybody below it. */
export function toText({ row, measured }: Result): string {
  const lines = [...measured].map(([name, figure]) => {
    const isMissed = name === OURS && 'ratio' in figure && !isReached(figure.ratio, row.goal);
    const parts = 'unable' in figure ? [figure.unable] : [ratioText(figure.ratio, row.unit), figure.note];
    const text = [...parts, isMissed ? 'not reached' : undefined].filter((part) => part !== undefined);
    return `  ${name.padEnd(NAME_WIDTH)}${text.join(', ')}`;
  });
  return [`${row.name}: ${row.title}, ${goalText(row.goal, row.unit)}`, ...lines, ''].join('\n');
}
