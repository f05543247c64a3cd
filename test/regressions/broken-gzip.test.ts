import { setTimeout } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { MemoryCassetteStore, withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';

const test = suite('a body that does not fit its content-encoding');

test('fails in fetch as it does live, recording and replayed', async () => {
  const server = await loopback((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': 8 }).end('not gzip');
  });
  const url = `${server.url}/`;
  const read = async () => {
    const response = await fetch(url);
    const never = setTimeout(10_000, 'never settled', { ref: false });
    const failure = response.text().catch((error: Error) => `${error.message}: ${String(error.cause)}`);
    return Promise.race([failure, never]);
  };
  const live = await read();
  assert.match(live, 'incorrect header check');
  const store = new MemoryCassetteStore({ createIfMissing: true });
  // Saved in memory, so that the end comes right behind the data.
  assert.is(await withCassette({ store, mode: 'record' }, read), live);
  await server.close();
  assert.is(await withCassette({ store, mode: 'replay' }, read), live);
});

test.run();
