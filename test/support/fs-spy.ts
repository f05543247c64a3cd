import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

type Name = 'fsyncSync' | 'ftruncateSync' | 'readSync' | 'writeSync';
type Call = (...args: readonly unknown[]) => unknown;

/**
 * Does work while functions of `node:fs` are replaced, for this process as a whole.
 *
 * @param wrap Is given the name and the original, and gives what is called in its place.
 */
export async function withFs<T>(
  names: readonly Name[],
  wrap: (name: Name, original: Call) => Call,
  work: () => Promise<T>,
): Promise<T> {
  const functions = fs as unknown as Record<Name, Call>;
  const originals = new Map(names.map((name) => [name, functions[name]]));
  for (const [name, original] of originals) {
    functions[name] = wrap(name, original);
  }
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    for (const [name, original] of originals) {
      functions[name] = original;
    }
    syncBuiltinESMExports();
  }
}
