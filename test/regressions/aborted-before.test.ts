import http from 'node:http';
import * as assert from 'uvu/assert';
import { type BrokerMode, MemoryCassetteStore, withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';

const test = suite('a request of node:http that is aborted before it is made');

const server = await loopback((_request, response) => response.end('answer'));
const url = `${server.url}/`;
test.after(() => server.close());

/** The events of the request, up to its close. */
function ask(): Promise<string[]> {
  return new Promise((resolve) => {
    const events: string[] = [];
    const request = http.request(url, { signal: AbortSignal.abort() });
    request.on('error', ({ name }) => events.push(name));
    request.on('close', () => resolve([...events, 'close']));
    request.end();
  });
}

const live = await ask();

for (const mode of ['record', 'auto', 'replay'] satisfies BrokerMode[]) {
  test(`${mode}: it ends as it does live, and nothing of it is waited for`, async () => {
    const store = new MemoryCassetteStore({ createIfMissing: true });
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const events = await withCassette({ store, mode }, ask);
    assert.equal(events, live);
    assert.ok(timers() <= before);
  });
}

test.run();
