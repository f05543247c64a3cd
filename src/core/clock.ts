// Captured when the library loads, so that a test's fake timers stop neither a replay nor a save.
export const { clearTimeout, setImmediate, queueMicrotask } = globalThis;
export const { nextTick } = process;

const timeout = globalThis.setTimeout;
/** The longest time of a timer in Node: one with a longer time fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Node's, with the longest time there is (25 days) where it is asked for more; a time that is over warns of nothing. */
export const setTimeout = ((callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
  timeout(callback, Math.max(0, Math.min(ms, LONGEST_MS)), ...args)) as typeof globalThis.setTimeout;

const now = performance.now.bind(performance);
const loopUtilization = performance.eventLoopUtilization.bind(performance);
const DateAtLoad = Date;
const dateNow = Date.now;
const dateParse = Date.parse;

/** Milliseconds on a clock that never goes back. */
export function monotonicNow(): number {
  return now();
}

/** For how many milliseconds the event loop had nothing to do. */
export function loopIdleMs(): number {
  return loopUtilization().idle;
}

/** The wall clock, in milliseconds. */
export function wallNow(): number {
  return dateNow();
}

/** The wall clock, as ISO 8601 in UTC. */
export function isoNow(): string {
  return new DateAtLoad().toISOString();
}

/** A moment as a Date that no fake clock made. */
export function dateOf(ms: number): Date {
  return new DateAtLoad(ms);
}

/** A time in ISO 8601 as milliseconds since 1970; undefined for a text that is none. */
export function parseTime(text: string): number | undefined {
  const ms = dateParse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
