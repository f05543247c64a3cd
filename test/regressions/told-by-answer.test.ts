import * as assert from 'uvu/assert';
import { MemoryCassetteStore, withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';

const test = suite('regression: a secret of which only its own answer says that it is one');

const TOKEN = 'q8Zk3LmWp2Xr7TvBd9Gh';

const server = await loopback((request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ access_token: request.url?.split('/')[2] }));
});
test.after(() => server.close());

async function use(): Promise<unknown> {
  const response = await fetch(`${server.url}/renew/${TOKEN}`, {
    method: 'POST',
    headers: { 'x-note': TOKEN },
    body: `renew ${TOKEN}`,
  });
  return response.json();
}

test('the request is stored without it, and matches in replay', async () => {
  const store = new MemoryCassetteStore({ createIfMissing: true });
  assert.equal(await withCassette({ store, mode: 'record' }, use), { access_token: TOKEN });
  for (const { request } of (await store.load()).interactions) {
    assert.not.match(`${request.target} ${request.headers} ${Buffer.from(request.body)}`, TOKEN);
  }
  const replayed = (await withCassette({ store, mode: 'replay' }, use)) as { access_token: string };
  assert.match(replayed.access_token, /^REDACTED/);
});

test.run();
