import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from './suite.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');

type Row = readonly [folder: string, specifier: string];

const FORBIDDEN: readonly Row[] = [
  ['src', '../test/support/suite.js'],
  ['src', './cli/record.js'],
  ['src', 'interposition'],
  ['src/core', 'node:fs'],
  ['src/core', 'undici'],
  ['src/core', 'superjson'],
  ['src/core', '../install.js'],
  ['src/core', './../install.js'],
  ['src/core', '../http/matching.js'],
  ['src/core', '../stores/json-file.js'],
  ['src/core', '../../test/support/suite.js'],
  ['src/http', '../adapters/undici/dispatcher.js'],
  ['src/http', '../stores/json-file.js'],
  ['src/http', '../formats/superjson.js'],
  ['src/http', '../install.js'],
  ['src/http/matching', '../../adapters/undici/dispatcher.js'],
  ['src/http/matching', '../../stores/json-file.js'],
  ['src/http/matching', '../../formats/superjson.js'],
  ['src/http/matching', '../../install.js'],
  ['src/http', '../websocket/messages.js'],
  ['src/websocket', '../adapters/undici/dispatcher.js'],
  ['src/websocket', '../formats/superjson.js'],
  ['src/websocket', '../stores/json-file.js'],
  ['src/websocket', '../install.js'],
  ['src/formats', '../adapters/undici/dispatcher.js'],
  ['src/formats', '../stores/json-file.js'],
  ['src/formats', '../../test/support/suite.js'],
  ['src/formats/import', '../../adapters/undici/dispatcher.js'],
  ['src/formats/import', '../../stores/json-file.js'],
  ['src/formats/import', '../../cli/command-error.js'],
  ['src/stores', '../http/matching.js'],
  ['src/stores', '../adapters/undici/dispatcher.js'],
  ['src/stores', '../install.js'],
  ['src/stores/key-value', '../../http/matching.js'],
  ['src/stores/key-value', '../../adapters/undici/dispatcher.js'],
  ['src/stores/key-value', '../../install.js'],
  ['src/stores/sqlite', '../../http/matching.js'],
  ['src/stores/sqlite', '../../install.js'],
  ['src/adapters/undici', '../node-http/interceptor.js'],
  ['src/adapters/undici', '../../stores/json-file.js'],
  ['src/adapters/undici', '../../formats/superjson.js'],
  ['src/adapters/undici', '../../install.js'],
  ['src/adapters/undici', '../../../test/support/suite.js'],
  ['src/adapters/node-http', '../undici/dispatcher.js'],
  ['src/adapters/node-http', '../../stores/json-file.js'],
  ['src/adapters/node-http', '../../formats/superjson.js'],
  ['src/adapters/node-http', '../../install.js'],
];

const ALLOWED: readonly Row[] = [
  ['src', './core/broker.js'],
  ['src', './adapters/undici/dispatcher.js'],
  ['src', './stores/json-file.js'],
  ['src/core', './broker.js'],
  ['src/core', 'node:crypto'],
  ['src/websocket', '../core/broker.js'],
  ['src/websocket', '../http/response.js'],
  ['src/websocket', 'node:zlib'],
  ['src/formats', '../websocket/messages.js'],
  ['src/adapters/undici', '../../websocket/messages.js'],
  ['src/http', '../core/broker.js'],
  ['src/http', './matching.js'],
  ['src/http', 'node:zlib'],
  ['src/http/matching', '../../core/broker.js'],
  ['src/http/matching', '../redaction/placeholder.js'],
  ['src/http/matching', '../headers.js'],
  ['src/formats', '../core/cassette.js'],
  ['src/formats', '../http/matching.js'],
  ['src/formats', 'superjson'],
  ['src/formats/import', '../../core/cassette.js'],
  ['src/formats/import', '../../http/matching.js'],
  ['src/formats/import', '../charset.js'],
  ['src/stores', '../formats/superjson.js'],
  ['src/stores', '../core/cassette.js'],
  ['src/stores', 'node:fs/promises'],
  ['src/stores/key-value', '../cassette-change.js'],
  ['src/stores/key-value', '../../core/cassette.js'],
  ['src/stores/key-value', '../../formats/cassette-json.js'],
  ['src/stores/sqlite', '../../core/cassette.js'],
  ['src/stores/sqlite', '../../formats/one-interaction.js'],
  ['src/stores/sqlite', '../in-turn.js'],
  ['src/adapters/undici', '../../core/broker.js'],
  ['src/adapters/undici', '../../http/matching.js'],
  ['src/adapters/undici', './handler.js'],
  ['src/adapters/undici', 'undici'],
  ['src/adapters/node-http', '../../core/broker.js'],
  ['src/adapters/node-http', '@mswjs/interceptors'],
  ['test/core', '../../src/core/broker.js'],
];

/** Lints one file a row, all in one run, and answers the rows that were refused. */
function refusedBy(rows: readonly Row[]): Row[] {
  const project = mkdtempSync(join(tmpdir(), 'import-directions-'));
  try {
    copyFileSync(join(root, 'biome.json'), join(project, 'biome.json'));
    copyFileSync(join(root, '.gitignore'), join(project, '.gitignore'));
    for (const [index, row] of rows.entries()) {
      const file = join(project, row[0], `case-${index}.ts`);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `import '${row[1]}';\n`);
    }
    const { stdout } = spawnSync(
      process.execPath,
      [biome, 'lint', '--only=style/noRestrictedImports', '--max-diagnostics=none', '--reporter=github'],
      { cwd: project, encoding: 'utf8' },
    );
    return rows.filter((row, index) => stdout.includes(`/${row[0]}/case-${index}.ts,`));
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

const test = suite('import directions');

test('lint refuses each import against the direction, and no other', () => {
  assert.equal(refusedBy([...FORBIDDEN, ...ALLOWED]), FORBIDDEN);
});

test.run();
