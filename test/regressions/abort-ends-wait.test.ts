import { once } from 'node:events';
import { get } from 'node:http';
import * as assert from 'uvu/assert';
import { MemoryCassetteStore, withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';

const test = suite('a program that aborts the replay of a response that was cut off');

const server = await loopback((_request, response) => response.write('part'));
const { url } = server;
test.after(() => server.close());

const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;

/** Gives how many timers there are more when it has aborted than there were before the request. */
async function abort(isWaiting: () => boolean): Promise<number> {
  const request = get(url, { agent: false }).on('error', () => {});
  const before = timers();
  const [response] = await once(request, 'response');
  await once(
    response.on('error', () => {}),
    'data',
  );
  while (isWaiting()) await new Promise((resolve) => setImmediate(resolve));
  request.destroy();
  return timers() - before;
}

// It was ended a turn of the event loop later: a program that ended then was seen to have a timer of ours.
test('ends its wait at once', async () => {
  const store = new MemoryCassetteStore({ createIfMissing: true });
  await withCassette({ store, mode: 'record' }, () => abort(() => false));
  const left = await withCassette({ store, mode: 'replay' }, async () => {
    let turns = 0;
    const before = timers();
    return abort(() => ++turns < 1000 && timers() <= before);
  });
  assert.ok(left <= 0, `${left} timers`);
});

test.run();
