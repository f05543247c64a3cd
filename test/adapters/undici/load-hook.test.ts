import * as assert from 'uvu/assert';
import { loopback, whole } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { nodeMajor, WHY_SKIPPED } from './clients.js';
import { newCassette, runProgram } from './programs.js';

const test = suite('undici that is loaded after the preload');

const server = await loopback(
  whole(({ method, url, body }, response) => response.end(`${method} ${url} ${body.byteLength > 0}`)),
);
test.after(() => server.close());

const stories: readonly (readonly string[])[] = [
  ['undici?'],
  ['builtin', 'undici6', 'builtin'],
  ['builtin', 'undici', 'builtin'],
  ['builtin', 'undici8', 'builtin'],
  ['undici6', 'builtin'],
  ['undici', 'builtin'],
  ['undici8', 'builtin'],
  ['undici6!', 'builtin', 'undici6!'],
  ['undici!', 'builtin', 'undici!'],
  ['undici8!', 'builtin', 'undici8!'],
  ['undici', 'undici6', 'builtin'],
  ['undici6!', 'undici8!', 'builtin', 'undici6'],
  ['undici8', 'undici!', 'undici6!', 'undici', 'builtin'],
];

for (const story of stories) {
  const title = story.join(', ');
  const here = nodeMajor >= 22 || !title.includes('undici8');
  test.skipUnless(here, WHY_SKIPPED)(
    `${title}: as without the library, all of it recorded and replayed`,
    async () => {
      const args = [server.url, ...story];
      const cassette = newCassette();
      const [without, recorded] = await Promise.all([
        runProgram('copies.mjs', args),
        runProgram('copies.mjs', args, { mode: 'record', cassette }),
      ]);
      const expected = without.printed;
      assert.ok(Array.isArray(expected), String(expected));
      assert.equal(recorded.printed, expected, `record ${recorded.stderr}`);
      const before = server.count();
      const replayed = await runProgram('copies.mjs', args, { mode: 'replay', cassette });
      assert.equal(replayed.printed, expected, `replay ${replayed.stderr}`);
      assert.is(server.count(), before, 'replay reached the network');
    },
  );
}

test.skipUnless(nodeMajor < 22, 'undici 8 loads on Node 22 and later')(
  'an undici that cannot be loaded leaves built-in fetch as it was',
  async () => {
    const args = [server.url, 'undici8', 'builtin'];
    const cassette = newCassette();
    const { printed } = await runProgram('copies.mjs', args, { mode: 'record', cassette });
    assert.is((printed as string[])[1], 'GET /1/builtin false');
  },
);

test.run();
