import { constants } from 'node:buffer';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { JsonFileCassetteStore } from '../src/index.js';
import { registerUrl, repoRoot } from './support/paths.js';
import { suite } from './support/suite.js';
import { newFolder } from './support/ways-in.js';

const test = suite('a response of a gigabyte in record');

const MiB = 1024 * 1024;
const BLOCK = Buffer.from(Array.from({ length: MiB }, (_, index) => index % 251));

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-length': 1024 * MiB });
  flood(response, 1024);
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
test.after(() => {
  server.close();
  server.closeAllConnections();
});

function flood(response: ServerResponse, left: number): void {
  let rest = left;
  while (rest > 0 && !response.destroyed) {
    rest--;
    if (!response.write(BLOCK)) {
      response.once('drain', () => flood(response, rest));
      return;
    }
  }
  response.end();
}

interface Seen {
  readonly bytes: number;
  readonly errors: readonly string[];
  readonly uncaught: readonly string[];
  readonly maxRss: number;
}

async function read(client: string, cassette: string, options: object): Promise<Seen> {
  const program = join(repoRoot, 'fixtures/programs/adapter/huge.mjs');
  const child = spawn(process.execPath, ['--import', registerUrl, program, url, client], {
    env: {
      ...process.env,
      INTERPOSITION_MODE: 'record',
      INTERPOSITION_CASSETTE: cassette,
      INTERPOSITION_OPTIONS: JSON.stringify(options),
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const text = child.stdout.setEncoding('utf8').toArray();
  const [code] = await once(child, 'close');
  assert.is(code, 0);
  return JSON.parse((await text).join('')) as Seen;
}

const BOUNDS = [
  { title: 'maxBodySize', options: { maxBodySize: 8 * MiB }, limit: 8 * MiB, memory: 400 * MiB },
  // What is held, and once more as it is read.
  { title: 'no option', options: {}, limit: constants.MAX_STRING_LENGTH, memory: 1024 * MiB },
];

for (const client of ['fetch', 'http']) {
  for (const { title, options, limit, memory } of BOUNDS) {
    test(`${client}, ${title}: a clear error, nothing half-recorded, and a bound for the memory`, async () => {
      const cassette = join(newFolder(), 'cassette.json');
      const { bytes, errors, uncaught, maxRss } = await read(client, cassette, options);
      assert.is(errors.at(-1), 'BodyTooLargeError');
      assert.equal(uncaught, []);
      assert.ok(bytes <= limit, `${bytes} bytes`);
      assert.ok(maxRss < memory, `${maxRss / MiB} MiB`);
      assert.is(existsSync(cassette) ? (await new JsonFileCassetteStore(cassette).load()).size : 0, 0);
    });
  }
}

test.run();
