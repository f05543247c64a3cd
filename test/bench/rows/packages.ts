import { repoRoot } from '../../support/paths.js';
import type { Bench } from '../bench.js';
import type { Contender } from '../contenders/contender.js';
import { CONTENDERS } from '../contenders/contenders.js';
import { packageOf } from '../machine.js';
import { type Installed, npmInstall, npmPack } from '../processes/npm-install.js';
import { OURS } from './figures.js';
import type { Figure, Measured, Row } from './row.js';

/** How many packages an installation brings. */
export const packages: Row = {
  name: 'packages',
  title: 'packages installed with `npm i interposition`',
  goal: { atMost: 14 },
  unit: 'packages',
  measure: (bench) => count(bench, (installed) => installed.packages),
};

/** How large they are. */
export const packagesSize: Row = {
  name: 'packages-size',
  title: 'their size in MB',
  goal: { atMost: 7 },
  unit: 'MB',
  measure: (bench) => count(bench, (installed) => installed.bytes / 1e6),
};

async function count(bench: Bench, of: (installed: Installed) => number): Promise<Measured> {
  const installations = await bench.once('installations', () => installAll(bench));
  const measured = new Map<string, Figure>();
  for (const [name, installed] of installations) {
    if ('unable' in installed) {
      measured.set(name, installed);
    } else {
      const value = of(installed);
      measured.set(name, { ratio: { value, low: value, high: value, best: value } });
    }
  }
  return measured;
}

async function installAll(bench: Bench): Promise<Map<string, Installed | { readonly unable: string }>> {
  const all = new Map<string, Installed | { readonly unable: string }>();
  for (const { name, imports = [] } of CONTENDERS as readonly Contender[]) {
    if (imports.length === 0 || (bench.short && name !== OURS)) {
      continue;
    }
    try {
      const specs =
        name === OURS ? [await npmPack(repoRoot, bench.folder)] : imports.map((one) => versioned(one));
      all.set(name, await npmInstall(specs, bench.folder));
    } catch (error) {
      all.set(name, { unable: `npm failed: ${(error as Error).message}` });
    }
  }
  return all;
}

/** The package that an import is of, in the version that is measured. */
function versioned(specifier: string): string {
  const { name, version } = packageOf(specifier);
  return `${name}@${version}`;
}
