import type { Machine } from '../machine.js';
import { LIMITS, OURS } from '../rows/figures.js';
import { type Figure, isReached, type Measured, type Row } from '../rows/row.js';
import { goalText, LEGEND, machineText, type Result, ratioText, valueText } from './text.js';

/** A table for a page: each row with its goal, ours, and the others from the best down. */
export function toMarkdown(results: readonly Result[], machine: Machine): string {
  const lines = results.map(({ row, measured }) =>
    [row.title, goalText(row.goal, row.unit), ours(row, measured.get(OURS)), others(row, measured)].join(
      ' | ',
    ),
  );
  return [
    machineText(machine),
    '',
    '| work | goal | interposition | alternatives, from the best down |',
    '| --- | --- | --- | --- |',
    ...lines.map((line) => `| ${line} |`),
    '',
    LEGEND,
    '',
  ].join('\n');
}

function ours({ goal, unit }: Row, figure: Figure | undefined): string {
  if (figure === undefined || 'unable' in figure) {
    return figure?.unable ?? 'not measured';
  }
  return `${ratioText(figure.ratio, unit)}${isReached(figure.ratio, goal) ? '' : ': **not reached**'}`;
}

function others({ goal, unit }: Row, measured: Measured): string {
  const able = [...measured].flatMap(([name, figure]) =>
    name === OURS || LIMITS.has(name) || 'unable' in figure ? [] : [{ name, ...figure }],
  );
  const up = 'atLeast' in goal ? -1 : 1;
  return able
    .toSorted((a, b) => up * (a.ratio.value - b.ratio.value))
    .map(({ name, ratio, note }) => {
      return `${name} ${valueText(ratio.value, unit)}${note === undefined ? '' : ` (${note})`}`;
    })
    .join(', ');
}
