import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { suite } from './support/suite.js';

const demo = fileURLToPath(new URL('../../fixtures/demo/run.mjs', import.meta.url));
const register = new URL('../src/register.js', import.meta.url);

interface DemoRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** One line a call, as the table has it. */
  readonly calls: readonly string[];
}

/** Runs the demo; `preload` is the source of a file that stands in for the library's own preload. */
async function runDemo(preload = `await import(${JSON.stringify(register.href)});`): Promise<DemoRun> {
  const folder = await mkdtemp(join(tmpdir(), 'interposition-demo-'));
  try {
    const preloadFile = join(folder, 'preload.mjs');
    await writeFile(preloadFile, preload);
    const args = [demo, '--register', preloadFile, '--folder', folder];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    return { code, stdout, stderr, calls: stdout.split('\n').filter((line) => /^(GET|POST) /.test(line)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A preload that edits the cassette before the replay opens it. `edit` is the source of a function. */
function editingPreload(edit: string): string {
  return `
    import { readFileSync, writeFileSync } from 'node:fs';
    const { INTERPOSITION_MODE: mode, INTERPOSITION_CASSETTE: cassette } = process.env;
    const edit = ${edit};
    if (mode === 'replay') writeFileSync(cassette, edit(readFileSync(cassette, 'utf8')));
    await import(${JSON.stringify(register.href)});
  `;
}

const test = suite('demo');

test('replays every call of the program while the API is stopped', async () => {
  const { code, stdout, stderr, calls } = await runDemo();
  assert.is(stderr, '');
  assert.is(code, 0);
  assert.is(calls.length, 14, stdout);
  for (const line of calls) assert.match(line, /^\S+ \S+ +MISS .+ HIT /);
  assert.match(stdout, /^requests that reached the API +14 +0$/m);
  assert.match(stdout, /The program saw the same in both runs/);
});

test('fails where a replayed response is not the recorded one, and names the call and the field', async () => {
  const { code, stderr, calls } = await runDemo(
    editingPreload(`(text) => text.replaceAll('Ada Lovelace', 'Eva Lovelace')`),
  );
  assert.is(code, 1);
  assert.match(stderr, /GET \/books\/1: another sha256/);
  for (const line of calls) assert.match(line, / HIT /);
});

test('fails where an interaction is missing from the cassette, and names the call', async () => {
  const { code, stderr } = await runDemo(
    editingPreload(`(text) => {
      const file = JSON.parse(text);
      file.interactions = file.interactions.filter((entry) => !JSON.stringify(entry).includes('/report.txt'));
      return JSON.stringify(file, null, 2);
    }`),
  );
  assert.is(code, 1);
  assert.match(stderr, /GET \/report\.txt: MISS in replay, not HIT/);
  assert.match(stderr, /GET \/report\.txt: another error/);
  assert.match(stderr, /replay: the program ended with 1/);
});

test('fails where the preload does nothing: the program finds the API stopped', async () => {
  const { code, stderr } = await runDemo('');
  assert.is(code, 1);
  assert.match(stderr, /GET \/books\/1: not seen by the library in replay, not HIT/);
  assert.match(stderr, /ECONNREFUSED/);
});

test('refuses to replay while something answers on the port of the API', async () => {
  const apiProcess = new URL('api-process.mjs', pathToFileURL(demo));
  const { assertClosed } = (await import(apiProcess.href)) as { assertClosed(url: string): Promise<void> };
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const refusal = await assertClosed(url).catch((error: Error) => error.message);
  server.close();
  await once(server, 'close');
  assert.is(refusal, `${url} still answers, so a replay would prove nothing`);
  await assertClosed(url);
});

test.run();
