import type { Machine } from '../machine.js';
import { type Figure, type Goal, isReached, type Measured, type Row } from '../rows/row.js';
import type { Ratio } from '../statistics.js';

/** A row and what was measured. */
export interface Result {
  readonly row: Row;
  readonly measured: Measured;
}

const OURS = 'interposition';

/** A table for people: each row with its goal, ours, and the others from the best down. */
export function toMarkdown(results: readonly Result[], machine: Machine): string {
  const lines = results.map(({ row, measured }) =>
    [
      row.title,
      goalText(row.goal),
      oursText(row.goal, measured.get(OURS)),
      othersText(row.goal, measured),
    ].join(' | '),
  );
  return [
    machineText(machine),
    '',
    '| work | goal | interposition | the others, from the best down |',
    '| --- | --- | --- | --- |',
    ...lines.map((line) => `| ${line} |`),
    '',
    'Each figure is a ratio of medians; in brackets the middle half of the ratios round by round.',
    '',
  ].join('\n');
}

export function machineText({ node, builtinUndici, cpu, cpus, load, versions }: Machine): string {
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `Node ${node} (its undici ${builtinUndici}), ${cpus} × ${cpu}, load ${load.toFixed(2)} at the start. ${packages.join(', ')}.`;
}

export function goalText(goal: Goal): string {
  return 'atLeast' in goal ? `>= ${goal.atLeast.toFixed(2)}` : `<= ${goal.atMost.toFixed(2)}`;
}

function oursText(goal: Goal, figure: Figure | undefined): string {
  if (figure === undefined || 'unable' in figure) {
    return figure?.unable ?? 'not measured';
  }
  return `${ratioText(figure.ratio)}${isReached(figure.ratio, goal) ? '' : ', **not reached**'}`;
}

export function ratioText({ value, low, high }: Ratio): string {
  return `${value.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
}

function othersText(goal: Goal, measured: Measured): string {
  const others = [...measured].filter(([name]) => name !== OURS);
  const able = others.flatMap(([name, figure]) => ('ratio' in figure ? [{ name, ...figure }] : []));
  const up = 'atLeast' in goal ? -1 : 1;
  able.sort((a, b) => up * (a.ratio.value - b.ratio.value));
  return able
    .map(({ name, ratio, note }) => `${name} ${ratioText(ratio)}${note === undefined ? '' : `, ${note}`}`)
    .join('; ');
}
