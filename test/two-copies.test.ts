import { cpSync, existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { libraryUrl, repoRoot } from './support/paths.js';
import { suite } from './support/suite.js';
import { newFolder, recordedIn, runPreloaded, withApi } from './support/ways-in.js';

const test = suite('two copies of the library in one process');

/** A second copy, as a package manager installs one. */
function secondCopy(): string {
  const folder = newFolder();
  cpSync(dirname(fileURLToPath(libraryUrl)), join(folder, 'src'), { recursive: true });
  symlinkSync(join(repoRoot, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  return pathToFileURL(join(folder, 'src/index.js')).href;
}

interface Told {
  readonly first: string;
  /** How many functions `dispatch` of the global dispatcher was, in some requests. */
  readonly layers: number;
  readonly outside: Record<string, string>;
  readonly inside: Record<string, string>;
  readonly after: Record<string, string>;
  readonly isOne: boolean;
}

const always = { first: '1', layers: 1, isOne: true };
const WAYS = ['fetch', 'fetch with a dispatcher', 'client'];
const all = (answer: string) => Object.fromEntries(WAYS.map((way) => [way, answer]));

test('each request is brokered once, by the copy whose scope or installation it is in', async () => {
  await withApi(async (api) => {
    const cwd = newFolder();
    const second = secondCopy();
    const args = [JSON.stringify({ second, url: api.url })];
    const record = await runPreloaded('two-copies.mjs', args, { cwd, env: { INTERPOSITION_MODE: 'record' } });
    assert.is(record.code, 0, record.stderr);
    const recorded = JSON.parse(record.stdout) as Told;
    assert.equal(recorded, { ...always, outside: all('1'), inside: all('1'), after: all('2') });
    const paths = async (file: string) =>
      (await recordedIn(join(cwd, file))).map(({ target }) => new URL(target).pathname.split('/')[2]);
    assert.equal(await paths('__cassettes__/default.json'), Array(6).fill('outside'));
    assert.equal(
      (await paths('second.json')).filter((path) => path !== 'layers'),
      ['first', ...Array(3).fill('inside')],
    );
    assert.is(api.requests, 13);
  });
});

test('the guard of the one lets go what the other forwards', async () => {
  await withApi(async (api) => {
    const cwd = newFolder();
    const args = [JSON.stringify({ second: secondCopy(), url: api.url })];
    writeFileSync(join(cwd, 'empty.json'), '{ "interposition": 1, "interactions": [] }');
    const { stdout, stderr } = await runPreloaded('two-copies.mjs', args, {
      cwd,
      env: { INTERPOSITION_CASSETTE: 'empty.json' },
    });
    const miss = all('ERR_INTERACTION_NOT_FOUND');
    assert.equal(JSON.parse(stdout), { ...always, outside: miss, inside: all('1'), after: miss }, stderr);
    assert.ok(existsSync(join(cwd, 'second.json')));
    assert.is(api.requests, 7);
  });
});

test.run();
