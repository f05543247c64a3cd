import * as assert from 'uvu/assert';
import { ContractServer } from '../../contract/adapter-server.js';
import { loopback } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { newCassette, runProgram } from '../undici/programs.js';

const test = suite('careless programs on node:http');

const server = await loopback(new ContractServer().listener);
test.after(() => server.close());

const WAYS = [
  'no error listener',
  'a refused connection, no error listener',
  'a handler of responses that throws',
  'a handler of a response without a body that throws',
  'a handler of the end that throws',
  'a handler of errors that throws',
  'a response that nobody listens for',
  'a request that is destroyed at once',
  'a body that is never ended',
  'many at once',
];

const OPTIONS = { INTERPOSITION_OPTIONS: '{"recordFailures":true}' };

/** Never sent whole, so not recorded. */
const NOT_RECORDED = ['a request that is destroyed at once', 'a body that is never ended'];

for (const way of WAYS) {
  test(`${way}: ends, and fails, as without the library`, async () => {
    const args = [server.url, way];
    const expected = (await runProgram('node-http.mjs', args)).printed;
    const cassette = newCassette();
    for (const mode of ['record', 'auto', 'replay'] as const) {
      const preload = { mode, cassette: mode === 'auto' ? newCassette() : cassette };
      if (mode === 'replay' && NOT_RECORDED.includes(way)) {
        continue;
      }
      const { printed, stderr } = await runProgram('node-http.mjs', args, preload, OPTIONS);
      assert.equal(printed, expected, `${mode}: ${stderr}`);
    }
  });
}

test('a MISS without a listener for errors is an uncaught exception, as any error of a request', async () => {
  const cassette = newCassette();
  await runProgram('node-http.mjs', [server.url, 'many at once'], { mode: 'record', cassette });
  const way = 'a handler of errors that throws';
  const missed = await runProgram('node-http.mjs', [server.url, way], { mode: 'replay', cassette });
  assert.equal(missed.printed, [['uncaughtException', 'Error', 'thrown in error']]);
  const uncaught = await runProgram('node-http.mjs', [server.url, 'a handler of the end that throws'], {
    mode: 'replay',
    cassette,
  });
  assert.equal(uncaught.printed, [
    ['uncaughtException', 'InteractionNotFoundError', 'ERR_INTERACTION_NOT_FOUND'],
  ]);
});

test.run();
