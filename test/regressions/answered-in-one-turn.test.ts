import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { Worker } from 'node:worker_threads';
import * as assert from 'uvu/assert';
import { MemoryCassetteStore, withCassette } from '../../src/index.js';
import { suite } from '../support/suite.js';
import { within } from '../support/ways-in.js';

// The body counted as whole one turn of the event loop after it was written: an answer that was there before left its
// exchange unrecorded, with no more than a warning.
const test = suite('a body that is never ended, and answered in the turn in which it was written');

const ANSWER_MS = 10_000;
const answered = new Int32Array(new SharedArrayBuffer(4));
const server = new Worker(new URL('../support/answering-worker.js', import.meta.url), {
  workerData: answered,
});
const [port] = await once(server, 'message');
test.after(async () => void (await server.terminate()));

/** Stands still after it has written, until the answer is there, and gives its request up then, as got 16 does. */
async function post(agent: Agent, isReplay: boolean): Promise<string> {
  const options = { port, method: 'POST', headers: { 'content-length': 4 }, agent };
  const request = httpRequest(options);
  request.on('error', () => {});
  request.flushHeaders();
  await once(request, 'socket');
  if (request.socket?.connecting) await once(request.socket, 'connect');
  const response = once(request, 'response').then(([message]) => {
    request.destroy();
    return text(message);
  });
  await new Promise((resolve) => setImmediate(resolve));
  request.write('body');
  // Node sends what was written at the end of the tick.
  process.nextTick(() => {
    if (!isReplay) Atomics.wait(answered, 0, 0, ANSWER_MS);
    Atomics.store(answered, 0, 0);
  });
  return response;
}

test('is recorded, and replayed', async () => {
  const agent = new Agent();
  const live = await within(ANSWER_MS, post(agent, false));
  const store = new MemoryCassetteStore({ createIfMissing: true });
  const record = withCassette({ store, mode: 'record' }, () => post(agent, false));
  assert.is(await within(ANSWER_MS, record), live);
  const replay = withCassette({ store, mode: 'replay' }, () => post(agent, true));
  assert.is(await within(ANSWER_MS, replay), live);
});

test.run();
