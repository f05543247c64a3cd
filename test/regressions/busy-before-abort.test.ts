import * as assert from 'uvu/assert';
import { MemoryCassetteStore, withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';

const test = suite('a program that is busy before it aborts');

const server = await loopback((_request, response) => {
  response.write('begun');
});
const url = `${server.url}/`;
test.after(() => server.close());

/** Longer than a truncated response waits for its abort. */
const BUSY_MS = 1_600;

async function abortAfter(work: () => Promise<void>): Promise<string> {
  const abort = new AbortController();
  const { body } = await fetch(url, { signal: abort.signal });
  const reader = (body as ReadableStream).getReader();
  await reader.read();
  const rest = reader.read().catch((error: Error) => error.name);
  await work();
  abort.abort();
  return String(await rest);
}

async function busy(): Promise<void> {
  const end = performance.now() + BUSY_MS;
  while (performance.now() < end) {
    const sliceEnd = performance.now() + 20;
    while (performance.now() < sliceEnd);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('in replay it sees its own abort, however long that takes', async () => {
  const store = new MemoryCassetteStore({ createIfMissing: true });
  const record = () => abortAfter(() => Promise.resolve());
  assert.is(await withCassette({ store, mode: 'record' }, record), 'AbortError');
  assert.is(await withCassette({ store, mode: 'replay' }, () => abortAfter(busy)), 'AbortError');
});

test.run();
