import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

const answered: Int32Array = workerData;

/** A server of its own thread: answers a body and wakes who waits for that, whatever the main thread does. */
const server = createServer(async (request, response) => {
  await request.toArray();
  response.end('answer', () => {
    Atomics.store(answered, 0, 1);
    Atomics.notify(answered, 0);
  });
});
server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));
