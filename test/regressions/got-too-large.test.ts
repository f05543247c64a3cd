import got from 'got';
import * as assert from 'uvu/assert';
import { MemoryCassetteStore, withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';

const test = suite('got, and a response that is larger than maxBodySize');

test('it fails with the reason, and not with a server that has aborted', async () => {
  const server = await loopback((_request, response) => {
    response.end(Buffer.alloc(1_000_000));
  });
  const url = `${server.url}/`;
  const store = new MemoryCassetteStore({ createIfMissing: true });
  const options = { store, mode: 'record', maxBodySize: 1000 } as const;
  const error = await withCassette(options, () => got(url).catch((thrown: unknown) => thrown));
  assert.is((error as { code?: string }).code, 'ERR_BODY_TOO_LARGE');
  await server.close();
});

test.run();
