import { once } from 'node:events';
import { get } from 'node:http';
import * as assert from 'uvu/assert';
import { MemoryCassetteStore, withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';

const test = suite('a response whose last bytes and end arrive together');

const server = await loopback((_request, response) => response.end('whole'));
const { url } = server;
test.after(() => server.close());

/** How many turns of the event loop lie between the two. */
async function turnsToTheEnd(): Promise<number> {
  const [response] = await once(get(url, { agent: false }), 'response');
  let turns = 0;
  let timer: NodeJS.Immediate | undefined;
  response.on('data', () => {
    const turn = () => {
      turns++;
      timer = setImmediate(turn);
    };
    timer = setImmediate(turn);
  });
  await once(response, 'end');
  clearImmediate(timer);
  return turns;
}

// A cache such as got's stores what it has read in the one turn, and is asked again in it.
for (const mode of ['record', 'auto', 'replay'] as const) {
  test(`in ${mode} a program gets them in one turn, as it does live`, async () => {
    const store = new MemoryCassetteStore({ createIfMissing: true });
    assert.is(await turnsToTheEnd(), 0);
    if (mode === 'replay') {
      await withCassette({ store, mode: 'record' }, turnsToTheEnd);
    }
    assert.is(await withCassette({ store, mode }, turnsToTheEnd), 0);
  });
}

test.run();
