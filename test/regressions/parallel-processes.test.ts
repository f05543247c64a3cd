import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { JsonFileCassetteStore } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { registerUrl } from '../support/paths.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

// Between reading the file and replacing it, another process's recordings could come and go.
const test = suite('regression: several processes that record into one cassette');

const PROCESSES = 4;
const REQUESTS = 500;

test(`${PROCESSES} of them with ${REQUESTS} recordings each lose nothing, and have nothing twice`, async () => {
  const server = await loopback((request, response) => response.end(`answer to ${request.url}`));
  const { url } = server;
  const file = join(tempFolder(), 'cassette.json');
  const program = `for (let i = 0; i < ${REQUESTS}; i++)
    await (await fetch('${url}/' + process.argv[1] + '/' + i)).text();`;
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: PROCESSES }, async (_, number) => {
      const args = ['--import', registerUrl, '--input-type=module', '-e', program, String(number)];
      const env = {
        ...process.env,
        INTERPOSITION_MODE: 'record',
        INTERPOSITION_CASSETTE: file,
        INTERPOSITION_SESSION: 'shared',
      };
      const [code] = await once(
        spawn(process.execPath, args, { env, stdio: ['ignore', 'inherit', 'inherit'] }),
        'exit',
      );
      assert.is(code, 0);
    }),
  );
  await server.close();
  process.stdout.write(
    `${PROCESSES} × ${REQUESTS} recordings took ${Math.round(performance.now() - begun)} ms\n`,
  );
  const { interactions } = await new JsonFileCassetteStore(file).load();
  assert.is(new Set(interactions.map(({ request }) => request.target)).size, PROCESSES * REQUESTS);
  assert.is(interactions.length, PROCESSES * REQUESTS);
});

test.run();
