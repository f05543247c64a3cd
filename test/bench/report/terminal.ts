import { OURS } from '../rows/figures.js';
import { isReached, type Known, type Row } from '../rows/row.js';
import { goalText, type Result, ratioText, valueText } from './text.js';

const NAME_WIDTH = 24;

/** A block for a terminal: the row, and everybody below it. */
export function toText({ row, measured }: Result): string {
  const lines = [...measured].map(([name, figure]) => {
    const isMissed = name === OURS && 'ratio' in figure && !isReached(figure.ratio, row.goal);
    const text = 'unable' in figure ? [figure.unable] : figureText(figure, row);
    return `  ${name.padEnd(NAME_WIDTH)}${[...text, ...(isMissed ? ['not reached'] : [])].join(', ')}`;
  });
  return [`${row.name}: ${row.title}, ${goalText(row.goal, row.unit)}`, ...lines, ''].join('\n');
}

function figureText({ ratio, byCpu, note }: Known, { unit }: Row): string[] {
  return [
    ratioText(ratio, unit),
    ...(byCpu !== undefined && unit === 'clock'
      ? [`best tenths ${valueText(ratio.best, unit)}`, `processor's time ${valueText(byCpu.value, unit)}`]
      : []),
    ...(note === undefined ? [] : [note]),
  ];
}
