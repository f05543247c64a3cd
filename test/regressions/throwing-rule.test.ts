import { once } from 'node:events';
import { request } from 'node:http';
import * as assert from 'uvu/assert';
import { MemoryCassetteStore, withCassette } from '../../src/index.js';
import { suite } from '../support/suite.js';

const test = suite('a passthrough rule that throws');

for (const mode of ['record', 'auto', 'replay'] as const) {
  test(`http.request in ${mode}: its error is that of the request, and no exception`, async () => {
    const broken = new Error('the rule is broken');
    const passthrough = () => {
      throw broken;
    };
    const store = new MemoryCassetteStore({ createIfMissing: true });
    const told = await withCassette({ store, mode, passthrough }, async () => {
      const [error] = await once(request('http://127.0.0.1:9/').end(), 'error').catch((error) => [error]);
      return error;
    });
    assert.is(told, broken);
  });
}

test.run();
