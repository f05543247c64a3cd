import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
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
    versions: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
  };
}

/** Reads it from the manifest's file: not every package exports its manifest. */
export function versionOf(name: string): string {
  for (let folder = dirname(createRequire(import.meta.url).resolve(name)); ; folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
        readonly name?: string;
        readonly version?: string;
      };
      if (manifest.name === name && manifest.version !== undefined) {
        return manifest.version;
      }
    } catch (error) {
      if (folder === dirname(folder)) {
        throw error;
      }
    }
  }
}
