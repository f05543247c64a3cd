import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';
import { read } from './cassettes.js';

const test = suite('the command: record, replay, auto, check and prune');
const project = new Project();

const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  response.end(`answer to ${request.url}`);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

project.write(
  'app.js',
  `for (const path of process.argv.slice(2)) {
     console.log(await fetch('${url}/' + path).then((r) => r.text(), (e) => e.cause.name));
   }
   process.exitCode = Number(process.env.CODE ?? 0);`,
);
project.write(
  'parent.js',
  `import { spawnSync } from 'node:child_process';
   await fetch('${url}/parent').catch(() => {});
   spawnSync(process.execPath, ['../app.js', 'child'], { cwd: 'below', stdio: 'inherit' });`,
);
project.write('below/.keep', '');

test.before.each(() => {
  asked.length = 0;
});
test.after(() => {
  server.close();
  server.closeAllConnections();
  project.remove();
});

test('record, then replay: the program’s output and exit code are its own, and a summary ends it', async () => {
  const recorded = await project.interposition([
    'record',
    '--cassette',
    'a.json',
    '--',
    'node',
    'app.js',
    'x',
    'y',
    'x',
  ]);
  assert.is(recorded.stdout, 'answer to /x\nanswer to /y\nanswer to /x\n');
  assert.match(
    recorded.stderr,
    `interposition: record: 3 sent and recorded; ${project.path('a.json')}; 1 process\n`,
  );
  const replayed = await project.interposition(
    ['replay', '--cassette', 'a.json', 'node', 'app.js', 'x', 'y', 'x'],
    {
      env: { CODE: '7' },
    },
  );
  assert.is(replayed.stdout, recorded.stdout);
  assert.is(replayed.code, 7);
  assert.match(replayed.stderr, 'interposition: replay: 3 HITs, 0 MISSes;');
  assert.equal(asked, ['/x', '/y', '/x']);
});

test('a program that it starts in another folder finds the preload and the cassette', async () => {
  await project.interposition(['record', '--cassette', 'p.json', '--', 'node', 'parent.js']);
  const targets = (await read(project, 'p.json')).map(({ request }) => request.target);
  assert.equal(targets.sort(), [`${url}/child`, `${url}/parent`]);
  const { stdout, stderr } = await project.interposition([
    'replay',
    '--cassette',
    'p.json',
    '--',
    'node',
    'parent.js',
  ]);
  assert.is(stdout, 'answer to /child\n');
  assert.match(stderr, '2 processes');
});

test('auto sends what is not in the cassette, and records it', async () => {
  const { stderr } = await project.interposition([
    'auto',
    '--cassette',
    'a.json',
    '--',
    'node',
    'app.js',
    'x',
    'new',
  ]);
  assert.match(stderr, 'auto: 1 HIT, 1 sent and recorded');
  assert.equal(asked, ['/new']);
});

test('options are given by name, before those of the environment', async () => {
  const { stdout } = await project.interposition(
    ['replay', '--cassette', 'a.json', '--option', 'passthrough=["loopback"]', '--', 'node', 'app.js', 'z'],
    { env: { INTERPOSITION_OPTIONS: '{"passthrough":["elsewhere.example"]}' } },
  );
  assert.is(stdout, 'answer to /z\n');
  const wrong = await project.interposition([
    'replay',
    '--cassette',
    'a.json',
    '--option',
    'playbak=first',
    '--',
    'node',
    'app.js',
  ]);
  assert.is(wrong.code, 2);
  assert.match(wrong.stderr, '--option playbak: there is no such option');
  const forgotten = await project.interposition(['record', '--cassette', '--', 'node', 'app.js']);
  assert.is(forgotten.code, 2);
  assert.is(forgotten.stderr, 'interposition: --cassette is followed by no cassette.\n');
});

test('a program that does not exist, and one that is not Node: one line, exit code 2', async () => {
  const missing = await project.interposition(['record', '--cassette', 'n.json', '--', 'no-such-program']);
  assert.is(missing.code, 2);
  assert.is(missing.stderr, 'interposition: cannot run no-such-program: spawn no-such-program ENOENT\n');
  const other = await project.interposition(['replay', '--cassette', 'a.json', '--', 'true']);
  assert.is(other.code, 2);
  assert.match(other.stderr, 'interposition: true has run no Node program');
});

test('a cassette that is missing: the programs that are refused were not cut short', async () => {
  const { code, stderr } = await project.interposition([
    'replay',
    '--cassette',
    'none.json',
    '--',
    'node',
    'app.js',
  ]);
  assert.is(code, 1);
  assert.match(stderr, /; 1 process\n$/);
});

test('a program that is not Node and fails: its own exit code, and the same line', async () => {
  const { code, stderr } = await project.interposition([
    'replay',
    '--cassette',
    'a.json',
    '--',
    'sh',
    '-c',
    'exit 3',
  ]);
  assert.is(code, 3);
  assert.match(stderr, /^interposition: sh has run no Node program .*\n$/);
});

test('a signal goes on to the program, and the command ends by it, too', async () => {
  project.write(
    'wait.js',
    `process.on('SIGTERM', () => { console.log('told'); process.exitCode = 5; clearInterval(t); });
     const t = setInterval(() => {}, 1000); console.log('ready');`,
  );
  project.write('die.js', `setInterval(() => {}, 1000); console.log('ready');`);
  const start = async (file: string): Promise<[ChildProcess, Promise<unknown[]>, string[], string[]]> => {
    const args = ['auto', '--cassette', 's.json', '--', 'node', file];
    const child = spawn(project.path('node_modules/.bin/interposition'), args, { cwd: project.folder });
    const said: string[] = [];
    const told: string[] = [];
    const ended = once(child, 'close');
    child.stdout.on('data', (text: Buffer) => said.push(text.toString()));
    child.stderr.on('data', (text: Buffer) => told.push(text.toString()));
    await once(child.stdout, 'data');
    return [child, ended, said, told];
  };
  const [polite, politeEnd, said, politeTold] = await start('wait.js');
  polite.kill('SIGTERM');
  assert.equal(await politeEnd, [5, null]);
  assert.is(said.join(''), 'ready\ntold\n');
  assert.match(politeTold.join(''), /; 1 process\n$/);
  const [killed, killedEnd, , killedTold] = await start('die.js');
  killed.kill('SIGTERM');
  assert.equal(await killedEnd, [null, 'SIGTERM']);
  // Not all that was sent is in the cassette then.
  assert.match(killedTold.join(''), /; 1 process, 1 did not end by itself: what was open is lost\n$/);
});

const report = (name: string) => ({ env: { INTERPOSITION_REPORT: name } });

test('check: shards that replayed everything; then one that sent something, and one that missed', async () => {
  await project.interposition([
    'record',
    '--cassette',
    'c/__cassettes__/c.json',
    '--',
    'node',
    'app.js',
    'x',
    'y',
    'z',
  ]);
  project.write('c/__cassettes__/old.json', project.read('a.json'));
  const cassette = ['--cassette', 'c/__cassettes__/c.json', '--', 'node', 'app.js'];
  await project.interposition(['replay', ...cassette, 'x'], report('one.report'));
  await project.interposition(['replay', ...cassette, 'y'], report('two.report'));
  const clean = await project.interposition(['check', 'one.report', 'two.report']);
  assert.is(clean.code, 0);
  assert.is(
    clean.stdout,
    [
      '    0 requests that left the machine',
      '    0 MISSes',
      '    0 secrets in cassettes',
      '    0 cassettes that were replayed and are not here',
      '    1 recordings that nobody has used',
      `      ${project.path('c/__cassettes__/c.json')}: GET ${url}/z`,
      '    1 cassettes that nobody has opened',
      `      ${project.path('c/__cassettes__/old.json')}`,
      '2 processes',
      '',
    ].join('\n'),
  );
  await project.interposition(['replay', ...cassette, 'w'], report('three.report'));
  const missed = await project.interposition(['check', 'one.report', 'two.report', 'three.report', '--json']);
  assert.is(missed.code, 1);
  assert.equal(JSON.parse(missed.stdout).misses, [`GET ${url}/w`]);
});

test('check: a request to another machine left it, also one that failed', async () => {
  project.write(
    'out.js',
    `await fetch('http://api.invalid/secret?token=q8Zr2mKp4TxWv9LcBn7Y').catch(() => {});`,
  );
  await project.interposition(['auto', '--cassette', 'o.json', '--', 'node', 'out.js'], report('out.report'));
  const { code, stdout } = await project.interposition(['check', 'out.report']);
  assert.is(code, 1);
  assert.match(stdout, /1 requests that left the machine\n +GET http:\/\/api\.invalid\/secret\?token=/);
  assert.not.match(stdout + project.read('out.report'), 'q8Zr2mKp4TxWv9LcBn7Y');
});

test('check: a cassette that is not here any more was not checked, and that is said', async () => {
  renameSync(project.path('c/__cassettes__'), project.path('c/elsewhere'));
  const { code, stdout, stderr } = await project.interposition(['check', 'one.report']);
  renameSync(project.path('c/elsewhere'), project.path('c/__cassettes__'));
  assert.equal({ code, stderr }, { code: 1, stderr: '' });
  assert.match(
    stdout,
    `1 cassettes that were replayed and are not here\n      ${project.path('c/__cassettes__/c.json')}`,
  );
});

test('prune removes what no shard has used', async () => {
  const file = 'c/__cassettes__/c.json';
  const { code, stdout } = await project.interposition(['prune', '--used', 'one.report', 'two.report']);
  assert.is(code, 0);
  assert.match(stdout, 'c.json: 1 interaction of 3 removed');
  assert.equal(
    (await read(project, file)).map(({ request }) => request.target),
    [`${url}/x`, `${url}/y`],
  );
});

test('a process that was killed is told of, and nothing is pruned by its report', async () => {
  project.write('killed.js', `await fetch('${url}/x'); process.kill(process.pid, 'SIGKILL');`);
  await project.interposition(
    ['replay', '--cassette', 'c/__cassettes__/c.json', '--', 'node', 'killed.js'],
    report('k.report'),
  );
  assert.match(
    (await project.interposition(['check', 'k.report'])).stdout,
    '1 process, 1 did not end by themselves',
  );
  const { code, stderr } = await project.interposition(['prune', '--used', 'k.report']);
  assert.is(code, 2);
  assert.match(stderr, 'Nothing was changed.');
});

test('what is no report: exit code 2, with its line', async () => {
  project.write(
    'bad.report',
    '{"report":1,"process":"1","begun":{}}\n{"report":1,"process":"1","cassette":{"location":5}}\n',
  );
  for (const [name, said] of [
    ['bad.report', 'its line 2'],
    ['none.report', 'cannot read the report'],
    ['a.json', 'its line 1'],
  ] as const) {
    const { code, stderr } = await project.interposition(['check', name]);
    assert.is(code, 2);
    assert.match(stderr, said);
  }
});

test('a report that cannot be written fails the program at its start', async () => {
  const { code, stderr } = await project.interposition(
    ['replay', '--cassette', 'a.json', '--', 'node', 'app.js'],
    report('no/such/folder/r'),
  );
  assert.is(code, 1);
  assert.match(stderr, 'Invalid INTERPOSITION_REPORT:');
});

test.run();
