import * as assert from 'uvu/assert';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';

const test = suite('the config file: its formats');

const NODE_READS_TYPESCRIPT = Boolean(Reflect.get(process.features, 'typescript'));
const REPORT = `
  import { installInterposition } from 'interposition';
  const interposition = await installInterposition();
  const { mode, modeSource, cassette } = interposition.report();
  console.log(JSON.stringify({ mode, modeSource, cassette }));
  await interposition.uninstall();
`;

type Row = readonly [title: string, files: Readonly<Record<string, string>>];

const ROWS: readonly Row[] = [
  [
    'interposition.config.mjs',
    {
      'interposition.config.mjs': `
        import { defineConfig } from 'interposition';
        export default defineConfig({ mode: 'record', cassette: 'own/api.json' });`,
    },
  ],
  [
    'interposition.config.mjs',
    { 'interposition.config.mjs': `export default { mode: 'record', cassette: 'own/api.json' };` },
  ],
  [
    'interposition.config.js',
    { 'interposition.config.js': `export default { mode: 'record', cassette: 'own/api.json' };` },
  ],
  [
    'interposition.config.js',
    {
      'package.json': '{ "type": "commonjs" }',
      'interposition.config.js': `module.exports = { mode: 'record', cassette: __dirname + '/own/api.json' };`,
    },
  ],
  [
    'interposition.config.js',
    {
      'package.json': '{ "type": "commonjs" }',
      'interposition.config.js': `
        Object.defineProperty(exports, '__esModule', { value: true });
        exports.default = { mode: 'record', cassette: 'own/api.json' };`,
    },
  ],
  [
    'interposition.config.json',
    { 'interposition.config.json': `\uFEFF{ "mode": "record", "cassette": "own/api.json" }` },
  ],
  [
    'package.json',
    {
      'package.json':
        '{ "type": "module", "interposition": { "mode": "record", "cassette": "own/api.json" } }',
    },
  ],
  [
    'interposition.config.ts',
    {
      'interposition.config.ts': `
        import { defineConfig, type InterpositionConfig } from 'interposition';
        import { cassette } from './where.ts';
        const config: InterpositionConfig = { mode: 'record', cassette };
        export default defineConfig(config);`,
      'where.ts': `export const cassette: string | URL = new URL('own/api.json', import.meta.url);`,
    },
  ],
];

const project = new Project();
project.link('jiti');
test.after(() => project.remove());

for (const [index, [name, files]] of ROWS.entries()) {
  test(`${name} is found and loaded (${index})`, async () => {
    const cwd = `row${index}`;
    const manifest = { 'package.json': '{ "type": "module" }' };
    for (const [file, content] of Object.entries({ 'app.mjs': REPORT, ...manifest, ...files })) {
      project.write(`${cwd}/${file}`, content);
    }
    const { code, stdout, stderr } = await project.run('node', ['app.mjs'], { cwd });
    assert.is(code, 0, stderr);
    assert.equal(JSON.parse(stdout), {
      mode: 'record',
      modeSource: `the config file ${project.path(cwd, name)}`,
      cassette: project.path(cwd, 'own/api.json'),
    });
    assert.is(stderr, `interposition: recording into a new cassette, ${project.path(cwd, 'own/api.json')}\n`);
  });
}

for (const [name, more] of [
  ['interposition.config.mjs', ''],
  ['interposition.config.ts', 'const typed: number = 1;'],
] as const) {
  test(`${name}: its functions and RegExps hold, and its stores and classes are those of the library itself`, async () => {
    const cwd = `classes-in-${name}`;
    project.write(
      `${cwd}/${name}`,
      `import { MemoryCassetteStore, InterpositionError } from 'interposition'; ${more}
       globalThis.seen = InterpositionError;
       export default {
         mode: 'record', store: new MemoryCassetteStore({ createIfMissing: true }),
         redact: { patterns: [/tenant-\\d+/] }, passthrough: [/nothing/, (url) => url.pathname === '/alone'],
       };`,
    );
    project.write(
      `${cwd}/app.mjs`,
      `import { createServer } from 'node:http';
       import { InterpositionError, installInterposition } from 'interposition';
       const server = createServer((request, response) => response.end('ok')).listen(0);
       const url = 'http://localhost:' + server.address().port;
       const interposition = await installInterposition();
       for (const path of ['/tenant-42', '/alone']) await (await fetch(url + path)).text();
       const { cassette, passedThrough } = interposition.report();
       const [{ request }] = interposition.cassette.interactions;
       const isHidden = !request.target.includes('tenant-42');
       console.log(cassette, passedThrough, isHidden, globalThis.seen === InterpositionError);
       await interposition.uninstall();
       server.close();`,
    );
    const { stdout, stderr } = await project.run('node', ['app.mjs'], { cwd });
    assert.is(stdout, 'in memory 1 true true\n', stderr);
  });
}

test.skipUnless(!NODE_READS_TYPESCRIPT, 'this Node reads TypeScript')(
  'TypeScript without a loader for it: what to install, and what else to do',
  async () => {
    const bare = new Project();
    try {
      bare.write('interposition.config.ts', 'export default { mode: "record" as const };');
      bare.write('app.mjs', REPORT);
      const { code, stderr } = await bare.run('node', ['--import', 'interposition/register', 'app.mjs']);
      assert.is(code, 1);
      assert.match(
        stderr,
        /^interposition: [^\n]*interposition\.config\.ts: Node v20\.[^\n]*jiti@2[^\n]*\.mjs[^\n]*\n$/,
      );
      bare.write('node_modules/jiti/index.js', 'module.exports = () => {};');
      const older = await bare.run('node', ['--import', 'interposition/register', 'app.mjs']);
      assert.is(older.stderr, stderr);
    } finally {
      bare.remove();
    }
  },
);

test.run();
