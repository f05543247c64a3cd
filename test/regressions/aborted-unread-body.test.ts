import type { BrokerMode } from '../../src/index.js';
import { assertOwnAnswers } from '../support/given-up.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';

const test = suite('a fetch that is aborted before its body is read');

let answers = 0;
const server = await loopback((request, response) => {
  request.resume().on('end', () => response.end(`answer ${++answers}`));
});
test.after(() => server.close());

type Body = string | Uint8Array<ArrayBuffer> | URLSearchParams;

const ask = async (body: Body, signal?: AbortSignal) =>
  (await fetch(server.url, { method: 'POST', body, signal: signal ?? null })).text();

const BODIES: Readonly<Record<string, () => Body>> = {
  text: () => 'body',
  bytes: () => new Uint8Array([1, 2]),
  fields: () => new URLSearchParams({ a: 'b' }),
};

for (const [name, body] of Object.entries(BODIES)) {
  for (const first of ['record', 'auto'] satisfies BrokerMode[]) {
    test(`${name}, ${first}: the requests behind it get their own answers`, async () => {
      await assertOwnAnswers(
        first,
        (signal) => ask(body(), signal),
        () => {
          answers = 0;
        },
      );
    });
  }
}

test.run();
