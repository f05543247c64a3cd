import { clearTimeout, monotonicNow, setTimeout } from './clock.js';
import type { Interaction } from './interaction.js';

/** How long a replay takes: no time, as long as when it was recorded, or so many ms to its head. */
export type Latency = 'none' | 'recorded' | number;

/** When the parts of a replayed response are due, in ms after the request: part 0 of `parts` is the head. */
export type Pace = (part: number, parts: number) => number;

/** The pace of a replay; undefined where it takes no time. */
export function paceOf(latency: Latency, { recording }: Interaction): Pace | undefined {
  if (latency === 'none' || latency === 0) {
    return undefined;
  }
  if (latency === 'recorded') {
    const { answeredAfterMs, endedAfterMs } = recording;
    const rest = Math.max(0, endedAfterMs - answeredAfterMs);
    return (part, parts) => answeredAfterMs + (rest * part) / parts;
  }
  return () => latency;
}

/** Calls back when `dueMs` have passed since `begun` on the monotonic clock. Gives the function that ends the wait. */
export function whenDue(begun: number, dueMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, Math.max(0, dueMs - (monotonicNow() - begun)));
  return () => clearTimeout(timer);
}
