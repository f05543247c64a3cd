import { clearTimeout, monotonicNow, setTimeout } from './clock.js';
import type { Interaction } from './interaction.js';

/** How long a replay takes: no time, as long as when it was recorded, or so many ms to its head. */
export type Latency = 'none' | 'recorded' | number;

/** When the parts of a replayed response are due, in ms after the request. */
export interface Pace {
  readonly head: number;
  /** @param count How many chunks there are. */
  chunk(index: number, count: number): number;
  readonly end: number;
}

/** The pace of a replay; undefined where it takes no time. */
export function paceOf(latency: Latency, { recording }: Interaction): Pace | undefined {
  if (latency === 'none' || latency === 0) {
    return undefined;
  }
  if (latency !== 'recorded') {
    return { head: latency, chunk: () => latency, end: latency };
  }
  const { answeredAfterMs: head, endedAfterMs, chunksAfterMs } = recording;
  const end = Math.max(head, endedAfterMs);
  const spread = (index: number, count: number) => head + ((end - head) * index) / count;
  const chunk = chunksAfterMs === undefined ? spread : recordedChunk(chunksAfterMs);
  return { head, chunk, end };
}

/** Where an edit, or a coding that begins with nothing, left another number of chunks, they are as fast together. */
function recordedChunk(due: readonly number[]): Pace['chunk'] {
  return (index, count) => due[Math.floor((index * due.length) / count)] as number;
}

/** So many milliseconds are no pace of a server's: a recording says nothing of them, and looks as the one before. */
const UNEVEN_MS = 10;

/** When the chunks came, in ms after the request; undefined where they came as evenly as they are spread without it. */
export function unevenTimes(
  times: readonly number[],
  answeredAfterMs: number,
  endedAfterMs: number,
): readonly number[] | undefined {
  const rest = endedAfterMs - answeredAfterMs;
  const isEven = times.every(
    (time, index) => Math.abs(time - answeredAfterMs - (rest * index) / times.length) <= UNEVEN_MS,
  );
  return isEven ? undefined : times;
}

/** Calls back when `dueMs` have passed since `begun` on the monotonic clock. Gives the function that ends the wait. */
export function whenDue(begun: number, dueMs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, Math.max(0, dueMs - (monotonicNow() - begun)));
  return () => clearTimeout(timer);
}
