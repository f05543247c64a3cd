import { get } from 'node:http';
import * as assert from 'uvu/assert';
import { Cassette, Interaction, MemoryCassetteStore, withCassette } from '../../src/index.js';
import { suite } from '../support/suite.js';

const test = suite('a cassette with an interim response of a status that is none');

for (const status of ['abc', '99999', '200', '0']) {
  test(`${status}: a request that it would answer fails, and says why`, async () => {
    const interaction = new Interaction({
      request: {
        protocol: 'http',
        action: 'GET',
        target: 'http://api.test/',
        headers: [],
        body: new Uint8Array(),
      },
      responseChunks: [
        {
          data: Buffer.from('answer'),
          sequence: 0,
          metadata: [
            ['interim:status_code', status],
            ['status_code', '200'],
          ],
        },
      ],
    });
    const store = new MemoryCassetteStore();
    await store.save(new Cassette([interaction]));
    await withCassette({ store, mode: 'replay' }, async () => {
      const fetched = await fetch('http://api.test/', { signal: AbortSignal.timeout(2000) }).then(
        () => undefined,
        (error: Error) => error.cause,
      );
      const requested = await new Promise((resolve) => {
        get('http://api.test/', resolve).on('error', resolve);
      });
      for (const error of [fetched, requested]) {
        assert.match(String(error), /^InteractionValidationError.*no valid "status_code"/);
      }
    });
  });
}

test.run();
