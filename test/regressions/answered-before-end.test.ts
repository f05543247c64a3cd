import { type ClientRequest, request as httpRequest } from 'node:http';
import * as assert from 'uvu/assert';
import { withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';
import { GatedStore, within } from '../support/ways-in.js';

// The answer waited for its save while node had it already: a program that gave up its request in between got an error.
const test = suite('a program that gives up a request, as it is answered before it was ended');

const server = await loopback(async (request, response) => {
  await request.toArray();
  if (request.url === '/whole') response.end('answer');
  else response.writeHead(303, { location: '/whole' }).end(request.url === '/moved' ? 'moved' : undefined);
});
const { url } = server;
test.after(() => server.close());

/** As got 16 does: it writes a body a piece a turn, and looks at `res` before it goes on. */
function post(path: string): Promise<unknown[]> {
  return new Promise((resolve) => {
    const seen: unknown[] = [];
    const options = { method: 'POST', headers: { 'content-length': 4 } };
    const request = httpRequest(url + path, options) as ClientRequest & { readonly res: unknown };
    request.on('response', (response) => {
      seen.push(response.statusCode);
      response.on('data', (chunk: Buffer) => seen.push(String(chunk)));
      response.on('end', () => seen.push('end'));
    });
    request.on('error', ({ message }) => seen.push(message));
    request.on('close', () => resolve(seen));
    const look = () => {
      if (request.res) request.destroy();
      else setImmediate(look);
    };
    request.write('body', look);
  });
}

for (const mode of ['record', 'auto'] as const) {
  for (const path of ['/whole', '/moved', '/moved-without-a-body']) {
    test(`in ${mode} it has the answer of ${path} by then, as it has live, and in replay`, async () => {
      const live = await within(10_000, post(path));
      const store = new GatedStore();
      const recorded = withCassette({ store, mode }, () => post(path).finally(() => store.gate.resolve()));
      assert.equal(await within(10_000, recorded), live);
      assert.is(store.saved.size, 1);
      assert.equal(
        await within(
          10_000,
          withCassette({ store, mode: 'replay' }, () => post(path)),
        ),
        live,
      );
    });
  }
}

test.run();
