// Bundles what the package publishes: what it exports and its command, each a file, and what they share in chunks. To
// read some two hundred small files takes Node longer than to run them.
//
//   node .ci/bundle.mjs <folder>

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const { exports, bin } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
const published = [...Object.values(exports).map(({ default: file }) => file), ...Object.values(bin)]
  .filter((file) => file !== undefined)
  .map((file) => file.replace(/^\.\/dist\/(.*)\.js$/, '$1'));

const bundle = await rolldown({
  cwd: root,
  input: Object.fromEntries(published.map((name) => [name, `src/${name}.ts`])),
  platform: 'node',
  tsconfig: 'tsconfig.json',
  // Packages, and Node's own modules.
  external: (id) => /^(?:@?[a-z]|node:)/.test(id) && !id.startsWith('src/'),
});
await bundle.write({
  dir: process.argv[2],
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
});
