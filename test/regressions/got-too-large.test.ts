import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import got from 'got';
import * as assert from 'uvu/assert';
import { MemoryCassetteStore, withCassette } from '../../src/index.js';
import { suite } from '../support/suite.js';

const test = suite('got, and a response that is larger than maxBodySize');

test('it fails with the reason, and not with a server that has aborted', async () => {
  const server = createServer((_request, response) => {
    response.end(Buffer.alloc(1_000_000));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const store = new MemoryCassetteStore({ createIfMissing: true });
  const options = { store, mode: 'record', maxBodySize: 1000 } as const;
  const error = await withCassette(options, () => got(url).catch((thrown: unknown) => thrown));
  assert.is((error as { code?: string }).code, 'ERR_BODY_TOO_LARGE');
  server.close();
  server.closeAllConnections();
});

test.run();
