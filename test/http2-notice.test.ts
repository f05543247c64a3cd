import * as assert from 'uvu/assert';
import { suite } from './support/suite.js';
import { newFolder, run, runPreloaded } from './support/ways-in.js';

const test = suite('node:http2');

const NOTICE = 'interposition: requests made through node:http2';

async function told(args: readonly string[], options: object = {}) {
  const env = { INTERPOSITION_MODE: 'record', INTERPOSITION_OPTIONS: JSON.stringify(options) };
  const { code, stdout, stderr } = await runPreloaded('http2.mjs', args, { cwd: newFolder(), env });
  assert.is(code, 0, stderr);
  return { stdout, notices: stderr.split('\n').filter((line) => line.startsWith(NOTICE)) };
}

test('its requests go live, and one line says so, by whichever name it is called', async () => {
  const without = await run('http2.mjs', []);
  const { stdout, notices } = await told([]);
  assert.is(stdout, without.stdout);
  assert.equal(notices, [`${NOTICE} (gRPC, for instance) are neither recorded nor replayed; they go live.`]);
});

test('undici’s own sessions are not meant: they are recorded', async () => {
  assert.equal((await told(['undici'])).notices, []);
});

for (const options of [{ guard: 'off' }, { passthrough: 'loopback' }]) {
  test(`nothing is said with ${JSON.stringify(options)}`, async () => {
    assert.equal((await told([], options)).notices, []);
  });
}

test.run();
