import * as assert from 'uvu/assert';
import { Broker, Cassette } from '../../src/index.js';
import { suite } from '../support/suite.js';

const test = suite('a live responder that answers without a chunk');

test('its error names the request without the secrets in its URL', async () => {
  const broker = new Broker(new Cassette(), { mode: 'record', liveResponder: async function* () {} });
  const target = 'http://api.test/things?api_key=q8Zk3LmWp2Xr7TvBd9Gh';
  const request = { protocol: 'http', action: 'GET', target, headers: [], body: new Uint8Array() };
  const error = await broker.replay(request)[Symbol.asyncIterator]().next().then(String, String);
  assert.match(error, 'GET http://api.test/things');
  assert.not.match(error, 'q8Zk3LmWp2Xr7TvBd9Gh');
});

test.run();
