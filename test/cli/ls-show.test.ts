import * as assert from 'uvu/assert';
import { Interaction } from '../../src/index.js';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';
import { made, write } from './cassettes.js';

const test = suite('the command: ls and show');
const project = new Project();
test.after(() => project.remove());

test('ls lists what a cassette holds, one line each', async () => {
  const file = await write(
    project,
    'two.json',
    made({ body: '{"id":7}' }),
    made({ action: 'POST', body: 'x', metadata: [['ended', 'truncated']] }),
  );
  const { code, stdout, stderr } = await project.interposition(['ls', file]);
  assert.equal({ code, stderr }, { code: 0, stderr: '' });
  assert.is(
    stdout,
    '1 200 GET https://api.example.com/users/7\n2 200 POST https://api.example.com/users/7 (truncated)\n',
  );
});

test('ls --json is JSON', async () => {
  const recordedAt = '2026-11-20T10:00:00.000Z';
  const file = await write(
    project,
    'one.json',
    made({ body: '{"id":7}', metadata: [['recorded_at', recordedAt]] }),
  );
  const { stdout } = await project.interposition(['ls', file, '--json']);
  const [{ fingerprint, ...rest }] = JSON.parse(stdout);
  assert.match(fingerprint, /^[0-9a-f]{64}$/);
  assert.equal(rest, {
    number: 1,
    action: 'GET',
    target: 'https://api.example.com/users/7',
    status: 200,
    bytes: 8,
    ended: 'whole',
    recordedAt,
    session: '',
  });
});

test('show prints what was said on a WebSocket, a line a message', async () => {
  const said = (from: string, type: string, data: string | Uint8Array, code?: string) => ({
    data: Buffer.from(data as string),
    metadata: [['from', from] as const, ['type', type] as const, ...(code ? [['code', code] as const] : [])],
  });
  const chunks = [
    { data: new Uint8Array(), metadata: [['status_code', '101'] as const] },
    said('client', 'text', '{"join":"Ada"}\n'),
    said('server', 'binary', Uint8Array.of(1, 255)),
    said('server', 'close', 'fine', '1000'),
    said('client', 'close', ''),
  ];
  const request = { protocol: 'websocket', action: 'GET', target: 'https://api.example.com/rooms/7' };
  const socket = new Interaction({
    request: { ...request, headers: [], body: new Uint8Array() },
    responseChunks: chunks.map((chunk, sequence) => ({ ...chunk, sequence })),
  });
  const { stdout } = await project.interposition(['show', await write(project, 'socket.json', socket), '1']);
  assert.is(
    stdout,
    [
      'GET https://api.example.com/rooms/7',
      '',
      '101',
      '',
      'client: text {"join":"Ada"}\\n',
      'server: binary (2 bytes)',
      'server: close 1000 fine',
      'client: close',
      '',
    ].join('\n'),
  );
});

test('show prints an exchange with its JSON laid out', async () => {
  const file = await write(project, 'show.json', made({ body: '{"id":7}' }));
  const { stdout } = await project.interposition(['show', file, '1']);
  assert.is(
    stdout,
    [
      'GET https://api.example.com/users/7',
      'accept: */*',
      '',
      '200 OK',
      'content-type: application/json',
      '',
      '{',
      '  "id": 7',
      '}',
      '',
    ].join('\n'),
  );
});

test('show says how much of what there is, where that is no text', async () => {
  const file = await write(
    project,
    'image.json',
    made({ type: 'image/png', body: new Uint8Array([0x89, 0xff]) }),
  );
  assert.match((await project.interposition(['show', file, '1'])).stdout, '(2 bytes of image/png)');
});

test('what a cassette holds cannot write to the terminal but as text', async () => {
  const evil = made({
    target: 'https://a.example/\u001b]0;owned\u0007',
    type: 'text/plain',
    body: 'a\u001b[2Jb',
  });
  const file = await write(project, 'evil.json', evil);
  for (const args of [
    ['ls', file],
    ['show', file, '1'],
  ]) {
    const { stdout } = await project.interposition(args, { env: { FORCE_COLOR: '0' } });
    assert.not.match(stdout, '\u001b');
    assert.match(stdout, '\\u001b]0;owned\\u0007');
  }
});

test('an interaction is found by the beginning of its fingerprint', async () => {
  const one = made({ body: '1' });
  const other = made({ action: 'PUT', body: '2' });
  const file = await write(project, 'names.json', one, other);
  const { stdout } = await project.interposition(['show', file, other.fingerprint.slice(0, 8)]);
  assert.match(stdout, 'PUT');
});

const SOLE = made({ body: '{}' });

const failures: readonly (readonly [title: string, args: readonly string[], said: string])[] = [
  ['a missing cassette', ['ls', 'none.json'], 'none.json: the file does not exist'],
  ['a corrupt one', ['ls', 'corrupt.json'], 'corrupt.json: it is not JSON'],
  ['a foreign one', ['ls', 'foreign.json'], 'foreign.json: it is not a cassette'],
  [
    'an interaction that is not there',
    ['show', 'sole.json', '9'],
    'there is no interaction 9: the cassette has 1',
  ],
  ['a fingerprint of none', ['show', 'sole.json', 'abcdef'], 'no interaction has the fingerprint abcdef'],
  ['a name that is none', ['show', 'sole.json', '../x'], 'no interaction has the fingerprint ../x'],
];

for (const [title, args, said] of failures) {
  test(`${title} is one line, and exit code 2`, async () => {
    await write(project, 'sole.json', SOLE);
    project.write('corrupt.json', '{ "interposition": nothing, "interactions": [] }');
    project.write('foreign.json', '{"log":{}}');
    const { code, stdout, stderr } = await project.interposition(args);
    assert.equal(
      { code, stdout, lines: stderr.trimEnd().split('\n').length },
      { code: 2, stdout: '', lines: 1 },
    );
    assert.match(stderr, said);
  });
}

test('--verbose prints the stack', async () => {
  assert.match(
    (await project.interposition(['ls', 'none.json', '--verbose'])).stderr,
    /CassetteLoadError: .*\n +at /,
  );
});

test.run();
