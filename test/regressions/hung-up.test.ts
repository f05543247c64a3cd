import { once } from 'node:events';
import { Agent, type ClientRequest, get } from 'node:http';
import * as assert from 'uvu/assert';
import { MemoryCassetteStore, withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';
import { within } from '../support/ways-in.js';

const test = suite('a program that closes the connection of its request');

const api = await loopback((request, response) => {
  if (request.url === '/part') response.write('part');
  api.server.emit('asked');
});
const { url } = api;
test.after(() => api.close());

/** As follow-redirects does where its time is up. */
function inTheBody(): Promise<unknown> {
  return new Promise((resolve) => {
    const seen: unknown[] = [];
    const request = get(`${url}/part`, (response) => {
      seen.push(response.statusCode);
      response.on('data', (chunk) => {
        seen.push(String(chunk));
        response.socket.destroy();
      });
      response.on('aborted', () => seen.push('aborted'));
      response.on('error', (error) => seen.push(error.message));
      response.on('close', () => resolve(seen));
    });
    request.on('error', (error) => seen.push(`request: ${error.message}`));
  });
}

async function beforeTheHead(asked: () => Promise<unknown>): Promise<unknown> {
  const request = get(`${url}/nothing`);
  const failed = once(request, 'error');
  await asked();
  request.socket?.destroy();
  const [error] = await failed;
  return [error.message, error.code];
}

test('in the body: it is recorded as truncated, and replayed', async () => {
  const live = await inTheBody();
  const store = new MemoryCassetteStore({ createIfMissing: true });
  assert.equal(await within(10_000, withCassette({ store, mode: 'record' }, inTheBody)), live);
  assert.equal(await within(10_000, withCassette({ store, mode: 'replay' }, inTheBody)), live);
});

test('before the head: it is recorded as truncated, and replayed', async () => {
  const arrival = () => once(api.server, 'asked');
  const live = await beforeTheHead(arrival);
  const store = new MemoryCassetteStore({ createIfMissing: true });
  const record = withCassette({ store, mode: 'record' }, () => beforeTheHead(arrival));
  assert.equal(await within(10_000, record), live);
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const replay = withCassette({ store, mode: 'replay' }, () => beforeTheHead(turn));
  assert.equal(await within(10_000, replay), live);
});

test('not by itself, but because it failed: that is no abort, and not recorded', async () => {
  const answers = await loopback((request, response) => {
    if (request.url === '/reset') request.socket.resetAndDestroy();
    else response.end('whole');
  });
  const agent = new Agent({ keepAlive: true });
  let current: ClientRequest;
  const ask = (path: string): Promise<unknown> =>
    new Promise((resolve) => {
      current = get(answers.url + path, { agent }, (response) => {
        response.resume().on('close', () => setImmediate(resolve, 'whole'));
      });
      current.on('error', resolve);
      // As axios does once a connection: so it hears of an error before node does.
      current.on('socket', (socket) => {
        socket.prependOnceListener('error', (error) => current.destroy(error));
      });
    });
  const both = async () => [await ask('/whole'), await ask('/reset')];
  const store = new MemoryCassetteStore({ createIfMissing: true });
  const [, error] = await within(10_000, withCassette({ store, mode: 'record' }, both));
  assert.is((error as NodeJS.ErrnoException).code, 'ECONNRESET');
  assert.is((await store.load()).size, 1);
  agent.destroy();
  await answers.close();
});

test.run();
