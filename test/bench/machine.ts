import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Contender } from './contenders/contender.js';
import { CONTENDERS } from './contenders/contenders.js';

/** What the figures were measured with. */
export interface Machine {
  readonly node: string;
  readonly builtinUndici: string;
  readonly cpu: string;
  readonly cpus: number;
  /** How many processes wanted a CPU, averaged over a minute. */
  readonly load: { readonly before: number; readonly after: number };
  /** By package. */
  readonly versions: Readonly<Record<string, string>>;
}

export function describeMachine(load: Machine['load']): Machine {
  const packages = CONTENDERS.flatMap(({ package: name }: Contender) => (name === undefined ? [] : [name]));
  return {
    node: process.versions.node,
    builtinUndici: process.versions['undici'] ?? 'unknown',
    cpu: cpus()[0]?.model ?? 'unknown',
    cpus: availableParallelism(),
    load,
    versions: Object.fromEntries(packages.map((name) => [packageOf(name).name, packageOf(name).version])),
  };
}

/** The package that an import is of, by the nearest manifest: not every package exports its own. */
export function packageOf(specifier: string): { readonly name: string; readonly version: string } {
  for (let folder = dirname(fileURLToPath(import.meta.resolve(specifier))); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) {
      const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string | undefined>;
      // One without a version only says of which kind the modules below it are.
      if (name !== undefined && version !== undefined) {
        return { name, version };
      }
    } else if (folder === dirname(folder)) {
      throw new Error(`no manifest for ${specifier}`);
    }
  }
}
