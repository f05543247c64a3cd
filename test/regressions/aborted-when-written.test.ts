import http from 'node:http';
import { text } from 'node:stream/consumers';
import type { BrokerMode } from '../../src/index.js';
import { assertOwnAnswers } from '../support/given-up.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';

const test = suite('a request that is given up as soon as its body is written');

let answers = 0;
const server = await loopback((request, response) => {
  request.resume().on('end', () => response.end(`answer ${++answers}`));
});
test.after(() => server.close());

/** Writes the body that its `content-length` announces, and then ends it, as axios does. */
function ask({ isEnded, signal }: { isEnded: boolean; signal?: AbortSignal | undefined }): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-length': 4 };
    const options = { method: 'POST', agent: false, headers, signal } as const;
    const request = http.request(server.url, options, (response) => {
      request.end();
      text(response).then(resolve, reject);
    });
    request.on('error', reject);
    request.write('body');
    if (isEnded) {
      request.end();
    }
  });
}

for (const isEnded of [true, false]) {
  for (const first of ['record', 'auto'] satisfies BrokerMode[]) {
    test(`${isEnded ? '' : 'not '}ended, ${first}: the requests behind it get their own answers`, async () => {
      await assertOwnAnswers(
        first,
        (signal) => ask({ isEnded, signal }),
        () => {
          answers = 0;
        },
      );
    });
  }
}

test.run();
