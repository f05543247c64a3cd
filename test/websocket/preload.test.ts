import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { JsonFileCassetteStore } from '../../src/index.js';
import { suite } from '../support/suite.js';
import { newFolder, runPreloaded } from '../support/ways-in.js';
import { missing } from './clients.js';
import { webSocketServer } from './server.js';

const test = suite('WebSockets under the preload');
const check = test.skipUnless(missing === undefined, missing ?? '');

const server = await webSocketServer((socket) => {
  socket.on('message', (data: Buffer) => socket.send(`got ${data}`));
});
test.after(() => server.close());

async function program(cassette: string, mode: string, ...args: readonly string[]) {
  return runPreloaded('web-socket.mjs', [server.url, ...args], {
    env: { INTERPOSITION_MODE: mode, INTERPOSITION_CASSETTE: cassette },
  });
}

for (const [ending, ended] of [
  ['close', 'whole'],
  ['exit', 'truncated'],
] as const) {
  check(`a program that ends by ${ending}: what it saw is recorded, and replayed`, async () => {
    const cassette = join(newFolder(), 'api.json');
    const recorded = await program(cassette, 'record', ending, 'one', 'two');
    assert.is(recorded.code, 0, recorded.stderr);
    assert.match(recorded.stdout, 'got one\ngot two\n');
    const { interactions } = await new JsonFileCassetteStore(cassette).load();
    assert.equal(interactions[0]?.metadata.find(([name]) => name === 'ended')?.[1], ended);
    const before = server.count();
    const replayed = await program(cassette, 'replay', ending, 'one', 'two');
    assert.is(replayed.code, 0, replayed.stderr);
    assert.is(replayed.stdout, recorded.stdout);
    assert.is(server.count(), before);
  });
}

check('a message that was not recorded fails the process, and says why', async () => {
  const cassette = join(newFolder(), 'api.json');
  await program(cassette, 'record', 'close', 'one', 'two');
  const { code, stdout, stderr } = await program(cassette, 'replay', 'close', 'one', 'three');
  assert.is(code, 1);
  assert.match(stdout, 'closed 1006');
  assert.is(stderr.split('message 2 of the program').length, 2, stderr);
});

check('what is left open in replay keeps no process alive', async () => {
  const cassette = join(newFolder(), 'api.json');
  await program(cassette, 'record', 'exit', 'one');
  const { code, stdout, stderr } = await program(cassette, 'replay', 'stay', 'one');
  assert.is(code, 0);
  assert.is(stdout, 'got one\n');
  assert.match(stderr, 'nothing more will come');
});

test.run();
