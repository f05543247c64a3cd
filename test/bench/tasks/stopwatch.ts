import type { Sample } from './task.js';

/** Does some work; gives what it returns, and what it took. What it returns is held until then. */
export async function measured<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly sample: Sample }> {
  const heap = heldBytes();
  const cpu = process.cpuUsage();
  const clock = process.hrtime.bigint();
  const result = await work();
  const now = process.hrtime.bigint();
  const { user, system } = process.cpuUsage(cpu);
  return {
    result,
    sample: { clock: Number(now - clock), cpu: (user + system) * 1000, heap: heldBytes() - heap },
  };
}

/** What is held on the heap and by it; 0 without `--expose-gc`. */
function heldBytes(): number {
  if (globalThis.gc === undefined) {
    return 0;
  }
  // What the first collection lets go of is collected by the next.
  for (let time = 0; time < 4; time++) {
    globalThis.gc();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
