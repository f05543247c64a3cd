import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { fingerprint } from '../../src/index.js';
import { harEntry, harFile } from '../formats/import/files.js';
import { repoRoot } from '../support/paths.js';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';
import { made, read, write } from './cassettes.js';

const test = suite('the command: import');
const project = new Project();
test.after(() => project.remove());

const SECRET = 'q8Zr2mKp4TxWv9LcBn7YhJ3f';
const fixture = (...path: readonly string[]) => join(repoRoot, 'fixtures', ...path);
const NOCK = fixture('imports', 'nock-recorder.json');

const har = (name: string, ...entries: readonly object[]) =>
  project.write(name, JSON.stringify(harFile(...entries)));

test('a cassette is made, in a folder that is made too; what is not carried over is listed', async () => {
  const { code, stdout, stderr } = await project.interposition(['import', NOCK, '--to', 'made/nock.json']);
  assert.equal({ code, stderr }, { code: 0, stderr: '' });
  assert.is(
    stdout,
    [
      'made/nock.json: 5 interactions added',
      `Not carried over from ${NOCK}:`,
      '  entry 3: request body: its digits are taken for the bytes that they stand for, as nock writes a body that is no text',
      '',
    ].join('\n'),
  );
  const all = await read(project, 'made/nock.json');
  assert.equal(
    all.map((one) => one.fingerprint),
    all.map((one) => fingerprint(one.request)),
  );
});

test('what is there already is not added again, but what repeats in the file is', async () => {
  const polled = (state: string) => harEntry({ content: { text: `{"state":"${state}"}` } });
  har('polled.har', polled('waiting'), polled('waiting'), polled('done'));
  await write(project, 'grows.json', made({ body: '1' }));
  const first = await project.interposition(['import', 'polled.har', '--to', 'grows.json']);
  assert.is(first.stdout, 'grows.json: 3 interactions added\n');
  const content = project.read('grows.json');
  const again = await project.interposition(['import', 'polled.har', '--to', 'grows.json']);
  assert.is(again.stdout, 'grows.json: 0 interactions added; 3 were there already\n');
  assert.is(project.read('grows.json'), content);
  assert.is((await read(project, 'grows.json')).length, 4);
});

test('--json lists the same as JSON', async () => {
  har('lossy.har', harEntry({ comment: 'slow', response: { status: 0 } }), harEntry({ comment: 'see' }));
  const { stdout } = await project.interposition(['import', 'lossy.har', '--to', 'lossy.json', '--json']);
  assert.equal(JSON.parse(stdout), {
    cassette: project.path('lossy.json'),
    imported: 1,
    added: 1,
    notCarriedOver: [
      { file: 'lossy.har', entry: 1, what: 'entry', why: 'it has no response' },
      { file: 'lossy.har', entry: 2, what: 'comment', why: 'a cassette has no place for it' },
    ],
  });
});

test('secrets are replaced as in a recording; redact: false leaves them', async () => {
  const headers = [{ name: 'authorization', value: `Bearer ${SECRET}` }];
  har(
    'secret.har',
    harEntry({ request: { headers }, content: { text: `{"access_token":"${SECRET}"}` } }),
    harEntry({ content: { text: `{"echo":"${SECRET}"}` } }),
  );
  await project.interposition(['import', 'secret.har', '--to', 'clean.json']);
  assert.not.match(project.read('clean.json'), SECRET);
  const env = { INTERPOSITION_OPTIONS: '{"redact":false}' };
  await project.interposition(['import', 'secret.har', '--to', 'plain.json'], { env });
  assert.match(project.read('plain.json'), SECRET);
});

test("a folder of Polly's, several files, and what they hold in their order", async () => {
  const folder = fixture('moving', 'polly', 'before', 'recordings');
  const { code, stdout } = await project.interposition([
    'import',
    join(folder, 'gets-a-user_3914572186'),
    join(folder, 'removes-a-user_1925268804', 'recording.har'),
    '--to',
    'polly.json',
  ]);
  assert.equal({ code, stdout }, { code: 0, stdout: 'polly.json: 2 interactions added\n' });
  assert.equal(
    (await read(project, 'polly.json')).map(({ request }) => request.action),
    ['GET', 'DELETE'],
  );
});

test('the Python library’s, with --base-url', async () => {
  const file = fixture('imports', 'python.json');
  const args = ['import', file, '--to', 'python.json', '--base-url', 'https://api.example.com'];
  const { stdout } = await project.interposition(args);
  assert.match(stdout, 'python.json: 2 interactions added');
  assert.match(stdout, '  entry 3: entry: its protocol is not HTTP');
});

test('where nothing can be imported, no cassette is made', async () => {
  har('nothing.har', harEntry({ response: { status: 0 } }));
  const { code, stdout } = await project.interposition(['import', 'nothing.har', '--to', 'nothing.json']);
  assert.is(code, 0);
  assert.match(stdout, 'nothing.json: 0 interactions added');
  assert.not.ok(existsSync(project.path('nothing.json')));
});

const PROGRAM = `
import http from 'node:http';
import { request } from 'undici';
const url = 'https://api.example.com/users/7'.replace('https', 'http');
console.log(await (await fetch(url)).text());
const { body, headers } = await request(url);
console.log(headers['content-encoding'], (await body.arrayBuffer()).byteLength > 0);
http.get(url, async (response) => {
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  const { gunzipSync } = await import('node:zlib');
  console.log(response.statusMessage, gunzipSync(Buffer.concat(chunks)).toString());
});
`;

test('a body that HAR holds decoded is replayed compressed, to fetch, undici and node:http', async () => {
  const headers = [
    { name: 'content-type', value: 'application/json' },
    { name: 'content-encoding', value: 'gzip' },
    { name: 'content-length', value: '99' },
  ];
  har('coded.har', harEntry({ request: { url: 'http://api.example.com/users/7' }, response: { headers } }));
  await project.interposition(['import', 'coded.har', '--to', 'coded.json']);
  project.write('program.mjs', PROGRAM);
  const env = { INTERPOSITION_CASSETTE: 'coded.json' };
  const ran = await project.run('node', ['--import', 'interposition/register', 'program.mjs'], { env });
  assert.is(ran.stdout, '{"id":7}\ngzip true\nOK {"id":7}\n', ran.stderr);
});

type Failure = readonly [title: string, args: readonly string[], said: string];
const failures: readonly Failure[] = [
  ['a missing file', ['none.har'], 'cannot read none.har: the file does not exist.'],
  ['a folder without a recording', ['made'], 'cannot read made: it is a folder without a recording.har.'],
  ['a file that is cut off', ['cut.har'], 'Cannot import cut.har: it is cut off, or not JSON ('],
  ['an entry of the wrong type', ['wrong.har'], 'Cannot import wrong.har: entry 2: it is not an object.'],
  ['bytes', ['bytes.har'], 'Cannot import bytes.har: it is not UTF-8.'],
  [
    'a format that nobody knows',
    ['foreign.json'],
    'Cannot import foreign.json: it is of no format that is known',
  ],
  ['a cassette', ['kept.json'], 'Cannot import kept.json: it is a cassette already'],
  ['a format that it has not', ['good.har', '--from', 'nock'], 'it is not a list of definitions'],
  ['a format that there is not', ['good.har', '--from', 'vcr'], "argument 'vcr' is invalid"],
  ['a good file and a bad one', ['good.har', 'cut.har'], 'Cannot import cut.har'],
  ['relative targets', [fixture('imports', 'python.json')], 'with --base-url https://api.example.com'],
  [
    'a base URL that is none',
    ['good.har', '--base-url', 'example.com'],
    '--base-url example.com is not a URL',
  ],
  ['options that cannot be used', ['good.har'], 'redact.jsn'],
];
for (const [title, args, said] of failures) {
  test(`${title}: one line, exit code 2, and no file is changed`, async () => {
    const good = JSON.stringify(harFile(harEntry()));
    project.write('good.har', good);
    project.write('cut.har', good.slice(0, -20));
    project.write('wrong.har', JSON.stringify(harFile(harEntry(), [])));
    project.write('bytes.har', Uint8Array.of(0x7b, 0xff));
    project.write('foreign.json', '{"a":1}');
    mkdirSync(project.path('made'), { recursive: true });
    if (!existsSync(project.path('kept.json'))) {
      await write(project, 'kept.json', made({ body: '1' }));
    }
    const before = project.read('kept.json');
    const env = said === 'redact.jsn' ? { INTERPOSITION_OPTIONS: '{"redact":{"jsn":[]}}' } : {};
    for (const to of ['kept.json', 'new.json']) {
      const { code, stdout, stderr } = await project.interposition(['import', ...args, '--to', to], { env });
      assert.equal({ code, stdout }, { code: 2, stdout: '' }, stderr);
      assert.match(stderr, said);
      assert.is(stderr.trimEnd().split('\n').length, said.startsWith('argument') ? 2 : 1);
    }
    assert.is(project.read('kept.json'), before);
    assert.not.ok(existsSync(project.path('new.json')));
  });
}

for (const [title, content] of [
  ['a corrupt cassette', '{ "interposition": nothing }'],
  ['a foreign one', '{"log":{}}'],
] as const) {
  test(`${title} as the target: exit code 2, and it is left as it is`, async () => {
    har('good.har', harEntry());
    writeFileSync(project.path('target.json'), content);
    const { code, stderr } = await project.interposition(['import', 'good.har', '--to', 'target.json']);
    assert.is(code, 2);
    assert.match(stderr, 'target.json: it is ');
    assert.is(readFileSync(project.path('target.json'), 'utf8'), content);
  });
}

test('what a file holds cannot write to the terminal but as text', async () => {
  const nocked = { scope: 'https://a.example', method: 'GET', path: '/', status: 200 };
  const evil = '\u001b]0;owned\u0007';
  project.write('evil.json', JSON.stringify([{ ...nocked, rawHeaders: { [evil]: {} } }]));
  project.write('worse.json', `{${evil}`);
  for (const file of ['evil.json', 'worse.json']) {
    const { code, stdout, stderr } = await project.interposition(['import', file, '--to', 'new.json']);
    assert.is(code, 2);
    assert.not.match(stdout + stderr, '\u001b');
  }
});

test.run();
