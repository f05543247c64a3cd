import { once } from 'node:events';
import { Agent, type ClientRequest, get, type IncomingMessage } from 'node:http';
import * as assert from 'uvu/assert';
import { withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';
import { GatedStore, within } from '../support/ways-in.js';

// Node 26 closes no connection of a request whose response is there to its end, and here it was before the program had it:
// the connection was neither closed nor free, and kept the process alive.
const test = suite('a program that gives up a request whose response is whole');

const api = await loopback((request, response) => {
  if (request.url === '/whole') {
    response.write('part');
    api.server.emit('asked', response);
  } else {
    response.writeHead(302, { location: '/whole' }).end(request.url === '/moved' ? 'moved' : undefined);
  }
});
// No end of the server's is to close what the client left open.
api.server.keepAliveTimeout = 0;
const { url } = api;
test.after(() => api.close());

type GiveUp = (response: IncomingMessage, request: ClientRequest) => unknown;

async function ask(path: string, giveUp: GiveUp): Promise<unknown> {
  const agent = new Agent({ keepAlive: true });
  const seen: unknown[] = [];
  const request = get(url + path, { agent });
  request.on('error', ({ message }) => seen.push(message));
  const closed = once(request, 'close');
  const [response] = await once(request, 'response', { signal: AbortSignal.timeout(10_000) });
  seen.push(response.statusCode);
  await giveUp(response, request);
  await within(10_000, closed);
  await new Promise((resolve) => setImmediate(resolve));
  seen.push(Object.keys(agent.sockets).length);
  agent.destroy();
  return seen;
}

/** As node-fetch does with a redirect. */
function atItsHead(path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const agent = new Agent({ keepAlive: true });
    const seen: unknown[] = [];
    const request = get(url + path, { agent });
    request.on('error', ({ message }) => seen.push(message));
    request.on('response', ({ statusCode, complete }) => {
      seen.push(statusCode, complete);
      request.destroy();
    });
    within(10_000, once(request, 'close')).then(() => {
      seen.push(request.socket?.destroyed);
      agent.destroy();
      resolve(seen);
    }, reject);
  });
}

for (const mode of ['record', 'auto'] as const) {
  for (const path of ['/moved', '/moved-without-a-body']) {
    test(`in ${mode}, at the head of ${path}: its connection is closed, as live`, async () => {
      const live = await atItsHead(path);
      const store = new GatedStore();
      store.gate.resolve();
      assert.equal(await withCassette({ store, mode }, () => atItsHead(path)), live);
      assert.is(store.saved.size, 1);
    });
  }

  test(`in ${mode}, in its body: its connection is not left behind`, async () => {
    const store = new GatedStore();
    const asked = once(api.server, 'asked');
    const giveUp: GiveUp = async (response, request) => {
      await once(response, 'readable');
      response.read();
      (await asked)[0].end();
      while (!response.complete) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      request.destroy();
      store.gate.resolve();
    };
    assert.equal(await withCassette({ store, mode }, () => ask('/whole', giveUp)), [200, 0]);
  });
}

test.run();
