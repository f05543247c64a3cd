import * as assert from 'uvu/assert';
import { BodyTooLargeError, type BrokerMode, MemoryCassetteStore, withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';

const test = suite('a redirect with a body that is larger than maxBodySize');

const server = await loopback((request, response) => {
  if (request.url === '/') {
    response.writeHead(302, { location: '/there' });
    response.end('x'.repeat(3000));
  } else {
    response.end('there');
  }
});
const url = `${server.url}/`;
test.after(() => server.close());

for (const mode of ['record', 'auto'] satisfies BrokerMode[]) {
  test(`${mode}: a fetch does not follow what is not recorded`, async () => {
    const store = new MemoryCassetteStore({ createIfMissing: true });
    const reason: unknown = await withCassette({ store, mode, maxBodySize: 1000 }, () =>
      fetch(url).then(
        ({ status }) => status,
        (error: Error) => error.cause,
      ),
    );
    assert.instance(reason, BodyTooLargeError);
    assert.is((await store.load()).size, 0);
  });
}

test.run();
