import { once } from 'node:events';
import { WebSocket } from 'undici';
import * as assert from 'uvu/assert';
import { MemoryCassetteStore, withCassette } from '../../src/index.js';
import { suite } from '../support/suite.js';
import { stderrDuring } from '../support/ways-in.js';

const test = suite('a WebSocket in replay');

test('tells nobody why it failed, so stderr does', async () => {
  const store = new MemoryCassetteStore({ createIfMissing: true });
  const printed = await stderrDuring(() =>
    withCassette({ store, mode: 'replay' }, async () => {
      await once(new WebSocket('ws://api.test/'), 'error');
    }),
  );
  assert.match(printed, 'api.test/');
  assert.match(printed, 'MISS: GET');
});

test.run();
