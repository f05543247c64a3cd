import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createStorage } from 'unstorage';
import * as assert from 'uvu/assert';
import { BufferedCassetteStore, withCassette } from '../../src/index.js';
import { KeyValueCassetteStore } from '../../src/stores/key-value/store.js';
import { suite } from '../support/suite.js';

const test = suite('a storage that was given as it is');

test('is not ended with the scope that has used it: the next one finds what was recorded', async () => {
  const server = createServer((_, response) => response.end('answer')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  // That of unstorage which is in memory is empty once it has ended.
  const storage = createStorage();
  const ask = async () => (await fetch(url)).text();
  const storeOf = (createIfMissing: boolean) =>
    new BufferedCassetteStore(new KeyValueCassetteStore(storage, { createIfMissing }));
  await withCassette({ store: storeOf(true), mode: 'record' }, ask);
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  assert.is(await withCassette({ store: storeOf(false), mode: 'replay' }, ask), 'answer');
});

test.run();
