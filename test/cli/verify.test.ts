import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { Interaction } from '../../src/index.js';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';
import { made, read, write } from './cassettes.js';

const test = suite('the command: verify');
const project = new Project();

let answer = '{"id":7,"name":"Ada"}';
const asked: IncomingMessage[] = [];
const server = createServer((request, response) => {
  asked.push(request);
  request.resume();
  response.setHeader('content-type', 'application/json');
  response.end(answer);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

test.before.each(() => {
  asked.length = 0;
  answer = '{"id":7,"name":"Ada"}';
});
test.after(() => {
  server.close();
  server.closeAllConnections();
  project.remove();
});

let files = 0;
const cassette = (...all: Parameters<typeof made>[0][]) =>
  write(project, `${++files}.json`, ...all.map((one) => made({ target: `${url}/users/7`, ...one })));

test('an API that answers as it did: exit code 0, and nothing is changed', async () => {
  const file = await cassette({ body: '{"name":"Ada","id":7}' });
  const before = project.read(file);
  const { code, stdout, stderr } = await project.interposition(['verify', file]);
  assert.equal({ code, stderr }, { code: 0, stderr: '' });
  assert.is(stdout, `= GET ${url}/users/7\n1 recording: 1 same, 0 drifted, 0 skipped\n`);
  assert.is(project.read(file), before);
});

test('a WebSocket is skipped: a plain request is none', async () => {
  const socket = new Interaction({
    request: {
      protocol: 'websocket',
      action: 'GET',
      target: `${url}/room`,
      headers: [],
      body: new Uint8Array(),
    },
    responseChunks: [{ data: new Uint8Array(), sequence: 0, metadata: [['status_code', '101']] }],
  });
  const { code, stdout } = await project.interposition([
    'verify',
    await write(project, 'socket.json', socket),
  ]);
  assert.is(code, 0);
  assert.match(stdout, 'it is a WebSocket');
  assert.is(asked.length, 0);
});

test('drift is told by path: exit code 1; --ignore leaves places out', async () => {
  answer = '{"id":7,"name":"Bob","tags":["new"]}';
  const file = await cassette({ body: '{"id":7,"name":"Ada"}' });
  const { code, stdout } = await project.interposition(['verify', file]);
  assert.is(code, 1);
  assert.match(stdout, '    body.name: "Ada" → "Bob"\n    body.tags: absent → ["new"]\n');
  const ignoring = await project.interposition(['verify', file, '--ignore', 'body.name', 'body.tags']);
  assert.is(ignoring.code, 0);
  const json = JSON.parse(
    (await project.interposition(['verify', file, '--ignore', 'body.tags', '--json'])).stdout,
  );
  assert.equal(json[0].differences, [{ place: 'body.name', recorded: '"Ada"', actual: '"Bob"' }]);
});

test('--update records what drifted, in the place of what was there', async () => {
  answer = '{"id":8}';
  const file = await cassette({ body: '{"id":7}' }, { target: `${url}/same`, body: '{"id":8}' });
  assert.is((await project.interposition(['verify', file, '--update'])).code, 1);
  const texts = (await read(project, file)).map(({ responseChunks }) =>
    Buffer.concat(responseChunks.map(({ data }) => data)).toString(),
  );
  assert.equal(texts.sort(), ['{"id":8}', '{"id":8}']);
  assert.is((await project.interposition(['verify', file])).code, 0);
});

test('what may change something is not sent, unless --unsafe says so', async () => {
  const file = await cassette({ action: 'POST', requestBody: 'x', body: answer });
  const { code, stdout } = await project.interposition(['verify', file]);
  assert.is(code, 0);
  assert.match(stdout, 'POST may change something: --unsafe sends it');
  assert.is(asked.length, 0);
  await project.interposition(['verify', file, '--unsafe']);
  assert.is(asked[0]?.method, 'POST');
});

test('a request whose credential was redacted is made with the one that is given, which is stored nowhere', async () => {
  const file = await cassette({ requestHeaders: [['authorization', 'Bearer REDACTED']], body: answer });
  const { stdout } = await project.interposition(['verify', file]);
  assert.match(stdout, `its header "authorization" was redacted`);
  assert.is(asked.length, 0);
  answer = '{"id":9}';
  const secret = 'Bearer q8Zr2mKp4TxWv9LcBn7Y';
  const { code } = await project.interposition([
    'verify',
    file,
    '--update',
    '--header',
    `authorization: ${secret}`,
  ]);
  assert.is(code, 1);
  assert.is(asked[0]?.headers.authorization, secret);
  assert.not.match(project.read(file), 'q8Zr2mKp4TxWv9LcBn7Y');
});

test('an API that is gone is drift, and --update changes nothing', async () => {
  const file = await cassette({ target: 'http://127.0.0.1:1/x', body: answer });
  const before = project.read(file);
  const { code, stdout } = await project.interposition(['verify', file, '--update']);
  assert.is(code, 1);
  assert.match(stdout, /end: whole → .*ECONNREFUSED/);
  assert.is(project.read(file), before);
});

test('a header that is none, a missing file: exit code 2', async () => {
  const file = await cassette({ body: '1' });
  for (const args of [[file, '--header', 'nonsense'], ['none.json'], [file, '--timeout', '0']]) {
    assert.is((await project.interposition(['verify', ...args])).code, 2);
  }
});

test.run();
