import type { Machine } from '../machine.js';
import type { Goal, Measured, Row, Unit } from '../rows/row.js';
import type { Ratio } from '../statistics.js';

/** A row and what was measured. */
export interface Result {
  readonly row: Row;
  readonly measured: Measured;
}

const DIGITS: Readonly<Record<Unit, number>> = { clock: 2, cpu: 2, heap: 2, packages: 0, MB: 1 };

export function valueText(value: number, unit: Unit): string {
  return value.toFixed(DIGITS[unit]);
}

/** The figure, and its spread where it has one. */
export function ratioText({ value, low, high }: Ratio, unit: Unit): string {
  const spread = low === high ? '' : ` (${valueText(low, unit)} to ${valueText(high, unit)})`;
  return `${valueText(value, unit)}${spread}`;
}

export function goalText(goal: Goal, unit: Unit): string {
  return 'atLeast' in goal ? `>= ${valueText(goal.atLeast, unit)}` : `<= ${valueText(goal.atMost, unit)}`;
}

export function machineText({ node, builtinUndici, cpu, cpus, load, versions }: Machine): string {
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return (
    `Node ${node} with its undici ${builtinUndici}; ${packages.join(', ')}; ` +
    `${cpus} × ${cpu}, load ${load.before.toFixed(1)} before and ${load.after.toFixed(1)} after.`
  );
}

/** How to read the figures. */
export const LEGEND =
  'A figure is a ratio of medians, of times by the clock where it is of time; in brackets the middle half of the ' +
  'ratios round by round.';
