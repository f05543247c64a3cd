import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder, from wherever the compiled tests stand. */
export const repoRoot = process.env.INTERPOSITION_REPO ?? findRoot(dirname(fileURLToPath(import.meta.url)));

/** What stands in `dist` when it is published, beside the compiled tests. */
export const bundledFolder = fileURLToPath(new URL('../../dist', import.meta.url));

/** The preload, as it is published. */
export const registerUrl = new URL('../../dist/register.js', import.meta.url).href;

/** The library, as it is published. */
export const libraryUrl = new URL('../../dist/index.js', import.meta.url).href;

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'biome.json'))) {
    return folder;
  }
  const parent = dirname(folder);
  if (parent === folder) {
    throw new Error('run the tests from the repository, or name it in INTERPOSITION_REPO');
  }
  return findRoot(parent);
}
