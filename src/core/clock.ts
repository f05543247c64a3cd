// Captured when the library loads, so that a test's fake timers stop neither a replay nor a save.
export const { setTimeout, clearTimeout, setImmediate } = globalThis;

const { performance } = globalThis;
const DateAtLoad = Date;

/** Milliseconds on a clock that never goes back. */
export function monotonicNow(): number {
  return performance.now();
}

/** The wall clock, as ISO 8601 in UTC. */
export function isoNow(): string {
  return new DateAtLoad().toISOString();
}
