import { once } from 'node:events';
import { request } from 'node:http';
import * as assert from 'uvu/assert';
import {
  Cassette,
  InteractionValidationError,
  MemoryCassetteStore,
  type MetadataPair,
  withCassette,
} from '../../src/index.js';
import { interaction } from '../support/interactions.js';
import { suite } from '../support/suite.js';

const test = suite('a cassette with a header that HTTP has not');
const url = 'http://edited.test/';

const clients: Record<string, () => Promise<unknown>> = {
  fetch: () => fetch(url).catch((error: Error) => error.cause),
  'http.request': () => once(request(url).end(), 'response').catch((error: unknown) => error),
};

const pairs: readonly MetadataPair[] = [
  ['header:x-a', 'one\r\ntwo'],
  ['header:x-ß€', 'a'],
  ['header:x-a', 'ŵ'],
  ['trailer:x', 'a\n'],
  ['status_text', 'a\nb'],
];

for (const [name, ask] of Object.entries(clients)) {
  for (const pair of pairs) {
    test(`${name}, ${JSON.stringify(pair)}: the error names the interaction, and what is wrong`, async () => {
      const store = new MemoryCassetteStore({ createIfMissing: true });
      await store.save(new Cassette([interaction({ target: url, head: [['status_code', '200'], pair] })]));
      const options = { store, mode: 'replay', match: { headers: { only: [] } } } as const;
      const error = await withCassette(options, ask);
      assert.instance(error, InteractionValidationError);
      assert.match((error as Error).message, `GET ${url}`);
      assert.match((error as Error).message, JSON.stringify(pair[1]));
    });
  }
}

test.run();
