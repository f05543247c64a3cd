import * as assert from 'uvu/assert';
import { withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';
import { newFolder, stderrDuring } from '../support/ways-in.js';

// Nothing of a guessable secret is kept, so that two users have one placeholder: the answer of one was replayed to the
// other without a word, also where `match` asks to tell them apart.
const test = suite('regression: two users who log in with what people can guess');

const users: Readonly<Record<string, readonly string[]>> = {
  'user and password': ['ada:pw', 'bob:pw'].map((user) => `Basic ${Buffer.from(user).toString('base64')}`),
  'a short token': ['Bearer token-of-ada', 'Bearer token-of-bob'],
};
const warning = 'was recorded with different secrets of which the cassette keeps nothing';

for (const [kind, credentials] of Object.entries(users)) {
  for (const match of [{}, { headers: ['authorization'] }]) {
    test(`are worth a warning, and one of them is not: ${kind}, ${JSON.stringify(match)}`, async () => {
      process.chdir(newFolder());
      let answers = 0;
      const server = await loopback((_request, response) => response.end(`${++answers}`));
      const record = (name: string, asked: readonly (string | undefined)[]) =>
        stderrDuring(() =>
          withCassette({ name, mode: 'record', match }, async () => {
            for (const authorization of asked) {
              await (await fetch(server.url, { headers: { authorization: authorization ?? '' } })).text();
            }
          }),
        );
      try {
        assert.match(await record('two', credentials), warning);
        assert.not.match(await record('one', [credentials[0], credentials[0]]), warning);
      } finally {
        await server.close();
      }
    });
  }
}

test.run();
