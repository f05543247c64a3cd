// Captured when the library loads, so that a test's fake timers stop neither a replay nor a save.
export const { setTimeout, clearTimeout, setImmediate, queueMicrotask } = globalThis;

const now = performance.now.bind(performance);
const DateAtLoad = Date;
const dateNow = Date.now;

/** Milliseconds on a clock that never goes back. */
export function monotonicNow(): number {
  return now();
}

/** The wall clock, in milliseconds. */
export function wallNow(): number {
  return dateNow();
}

/** The wall clock, as ISO 8601 in UTC. */
export function isoNow(): string {
  return new DateAtLoad().toISOString();
}
