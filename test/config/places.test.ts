import { existsSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';
import { startApi } from '../support/ways-in.js';

const test = suite('the config file: where it is looked for');

const api = await startApi();
test.after(() => api.close());

const config = (cassette: string) => `
  globalThis.loads = (globalThis.loads ?? 0) + 1;
  export default { mode: 'record', cassette: '${cassette}' };`;
const ASK = `
  await (await fetch('${api.url}/' + process.argv[2])).text();
  console.log(process.argv[2]);`;

async function inProject(use: (project: Project) => Promise<void>): Promise<void> {
  const project = new Project();
  try {
    await use(project);
  } finally {
    project.remove();
  }
}

const preloaded = ['--import', 'interposition/register'];

test('the nearest one upward holds, whole: a package’s own, else that of the workspace', () =>
  inProject(async (project) => {
    project.write('interposition.config.mjs', config('root.json'));
    project.write('packages/own/interposition.config.mjs', config('own.json'));
    project.write('packages/own/package.json', '{}');
    project.write('packages/own/src/deep/app.mjs', ASK);
    project.write('packages/other/package.json', '{}');
    project.write('packages/other/app.mjs', ASK);
    for (const [cwd, file] of [
      ['packages/own/src/deep', 'packages/own/own.json'],
      ['packages/other', 'root.json'],
    ] as const) {
      const { stdout, stderr } = await project.run('node', [...preloaded, 'app.mjs', 'x'], { cwd });
      assert.is(stdout, 'x\n', stderr);
      assert.ok(existsSync(project.path(file)), file);
    }
  }));

test('a child whose folder leads to none goes by its parent’s; one whose folder does, by its own', () =>
  inProject(async (project) => {
    project.write('app/interposition.config.mjs', config('app.json'));
    project.write(
      'app/parent.mjs',
      `import { spawnSync } from 'node:child_process';
       for (const cwd of ['../elsewhere', '../own']) {
         spawnSync(process.execPath, [...process.execArgv, '../ask.mjs', cwd.slice(3)], { cwd, stdio: 'inherit' });
       }`,
    );
    project.write('ask.mjs', ASK);
    project.write('elsewhere/.keep', '');
    project.write('own/package.json', '{ "interposition": { "mode": "record", "cassette": "own.json" } }');
    const { stdout, stderr } = await project.run('node', [...preloaded, 'parent.mjs'], { cwd: 'app' });
    assert.is(stdout, 'elsewhere\nown\n', stderr);
    assert.match(project.read('app/app.json'), `${api.url}/elsewhere`);
    assert.not.match(project.read('app/app.json'), `${api.url}/own`);
    assert.match(project.read('own/own.json'), `${api.url}/own`);
  }));

test('under the command, what it runs in other folders goes by it too, and by one default cassette', () =>
  inProject(async (project) => {
    project.write('ask.mjs', ASK);
    project.write('elsewhere/.keep', '');
    project.write('app/interposition.config.mjs', `export default { redact: { json: ['voucher'] } };`);
    project.write('app/.keep', '');
    const shell = [
      'sh',
      '-c',
      'cd ../elsewhere && node ../ask.mjs child && cd ../app && node ../ask.mjs parent',
    ];
    const { stdout, stderr } = await project.interposition(['record', '--', ...shell], {
      cwd: 'app',
      env: { NODE_OPTIONS: '' },
    });
    assert.is(stdout, 'child\nparent\n', stderr);
    const cassette = project.read('app/__cassettes__/default.json');
    assert.match(cassette, `${api.url}/child`);
    assert.match(cassette, `${api.url}/parent`);
    project.write('app/interposition.config.mjs', `export default { cassette: 'named.json' };`);
    await project.interposition(['record', '--', ...shell], { cwd: 'app' });
    assert.match(project.read('app/named.json'), `${api.url}/child`);
    const listed = await project.interposition(['ls'], { cwd: 'app' });
    assert.match(listed.stdout, `${api.url}/parent`);
  }));

test('it is loaded once a process, however many scopes there are, and once more for another file', () =>
  inProject(async (project) => {
    project.write('interposition.config.mjs', config('a.json'));
    project.write('below/there/.keep', '');
    project.write('other/interposition.config.mjs', config('a.json'));
    project.write(
      'app.mjs',
      `import { withCassette } from 'interposition';
       const scope = (name) => withCassette({ name, mode: 'record' }, () => {});
       await Promise.all([scope('one'), scope('two')]);
       process.chdir('below/there');
       await scope('three');
       console.log(globalThis.loads);
       process.chdir('../../other');
       await scope('four');
       console.log(globalThis.loads);`,
    );
    const { stdout, stderr } = await project.run('node', ['app.mjs']);
    assert.is(stdout, '1\n2\n', stderr);
  }));

test('where the working directory is gone, a program goes on', () =>
  inProject(async (project) => {
    project.write('gone/.keep', '');
    project.write(
      'app.mjs',
      `import { rmSync } from 'node:fs';
       import { MemoryCassetteStore, withCassette } from 'interposition';
       process.chdir('gone');
       rmSync('../gone', { recursive: true });
       const store = new MemoryCassetteStore({ createIfMissing: true });
       await withCassette({ store, mode: 'record' }, () => console.log('ran'));`,
    );
    const { stdout, stderr } = await project.run('node', ['app.mjs']);
    assert.is(stdout, 'ran\n', stderr);
  }));

test('the verbs of the command go by it', () =>
  inProject(async (project) => {
    const interaction = (value: string) => `
      import { writeFileSync } from 'node:fs';
      import { Cassette, Interaction, JsonFileCassetteStore } from 'interposition';
      const store = new JsonFileCassetteStore('c.json', { createIfMissing: true });
      const request = { protocol: 'http', action: 'GET', target: 'https://api.test/', headers: [], body: new Uint8Array() };
      const data = new TextEncoder().encode('{"voucher":"${value}"}');
      const metadata = [['status_code', '200'], ['header:content-type', 'application/json']];
      await store.save(new Cassette([new Interaction({ request, responseChunks: [{ sequence: 0, data, metadata }] })]));
      await store.flush();`;
    project.write('make.mjs', interaction('abc-123'));
    await project.run('node', ['make.mjs']);
    assert.is((await project.interposition(['scan', 'c.json'])).code, 0);
    project.write('interposition.config.mjs', `export default { redact: { json: ['voucher'] } };`);
    const scanned = await project.interposition(['scan', 'c.json']);
    assert.is(scanned.code, 1, scanned.stderr);
    assert.match(scanned.stdout, 'response.body (redaction)');
    await project.interposition(['redact', 'c.json']);
    assert.not.match(project.read('c.json'), 'abc-123');
  }));

test.run();
