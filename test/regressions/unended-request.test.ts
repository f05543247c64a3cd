import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import * as assert from 'uvu/assert';
import { MemoryCassetteStore, withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';
import { recordingsOf, within } from '../support/ways-in.js';

const test = suite('a program that sends all of its body, and never ends it');

const server = await loopback(async (request, response) => {
  response.end(Buffer.concat(await request.toArray()));
});
const url = `${server.url}/`;
test.after(() => server.close());

/** As node-fetch does with a form of form-data. */
async function post(...pieces: readonly string[]): Promise<string> {
  const length = Buffer.byteLength(pieces.join(''));
  const request = httpRequest(url, { method: 'POST', headers: { 'content-length': length }, agent: false });
  for (const piece of pieces) request.write(piece);
  const [response] = await once(request, 'response');
  return Buffer.concat(await response.toArray()).toString();
}

for (const mode of ['record', 'auto'] as const) {
  test(`in ${mode}: its request is known when it is as long as it says, and is replayed`, async () => {
    const store = new MemoryCassetteStore({ createIfMissing: true });
    const options = { store, bodyWait: 60_000 };
    const record = withCassette({ ...options, mode }, () => post('one ', 'twö'));
    assert.is(await within(15_000, record), 'one twö');
    assert.is(recordingsOf(await store.load())[0]?.body, 'one twö');
    const replay = withCassette({ ...options, mode: 'replay' }, () => post('one', ' twö'));
    assert.is(await within(15_000, replay), 'one twö');
  });
}

test.run();
