import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { repoRoot } from '../support/paths.js';
import { suite } from '../support/suite.js';

const test = suite('the number of packages that are installed');

interface Locked {
  readonly dependencies?: Readonly<Record<string, string>>;
}

const read = (file: string) => readFileSync(join(repoRoot, file), 'utf8');

/** This package, and all that it depends on. */
function installed(): ReadonlySet<string> {
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
  const found = new Set(['']);
  for (const place of found) {
    for (const name of Object.keys(packages[place]?.dependencies ?? {})) {
      const nested = `${place}/node_modules/${name}`;
      found.add(nested in packages ? nested : `node_modules/${name}`);
    }
  }
  return found;
}

test('is in the documentation what npm installs', () => {
  const cells = [
    ...read('README.md').matchAll(/^\| packages installed \| (\d+) \|/gm),
    ...read('docs/performance.md').matchAll(/^\| packages installed with [^|]*\|[^|]*\| (\d+)\b/gm),
  ].map(([, cell]) => Number(cell));
  assert.equal(
    cells,
    [1, 2, 3].map(() => installed().size),
  );
});

test.run();
