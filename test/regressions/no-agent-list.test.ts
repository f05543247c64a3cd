import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import * as assert from 'uvu/assert';
import { MemoryCassetteStore, withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';

const test = suite('a request without an agent, with its headers as a list');

const { port, close } = await loopback(async (incoming, response) => {
  await incoming.resume().toArray();
  response.end(incoming.headers.connection);
});
test.after(close);

async function connection(method: string, headers: string[]): Promise<string> {
  const createConnection = () => connect(port, '127.0.0.1');
  const host = ['host', `127.0.0.1:${port}`];
  const options = { method, port, host: '127.0.0.1', createConnection, headers: [...host, ...headers] };
  // As the types have it, `agent` is false or an agent.
  const [response] = await once(request({ ...options, agent: undefined }).end(), 'response');
  return Buffer.concat(await response.toArray()).toString();
}

for (const method of ['GET', 'POST', 'DELETE']) {
  test(`${method}: it says of its connection what it says live`, async () => {
    const live = await connection(method, ['x-a', 'b']);
    for (const mode of ['record', 'auto'] as const) {
      const store = new MemoryCassetteStore({ createIfMissing: true });
      assert.is(await withCassette({ store, mode }, () => connection(method, ['x-a', 'b'])), live, mode);
    }
  });
}

test.run();
