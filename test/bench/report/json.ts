import type { Machine } from '../machine.js';
import type { Result } from './text.js';

/** Everything that was measured, for programs. */
export function toJson(results: readonly Result[], machine: Machine): string {
  const rows = results.map(({ row: { name, title, goal, unit }, measured }) => ({
    name,
    title,
    goal,
    unit,
    measured: Object.fromEntries(measured),
  }));
  return `${JSON.stringify({ machine, rows }, null, 2)}\n`;
}
