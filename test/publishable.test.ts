import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { request } from 'undici';
import * as assert from 'uvu/assert';
import {
  type Cassette,
  type CassetteStore,
  InteractionNotFoundError,
  type InterpositionOptions,
  JsonFileCassetteStore,
  withCassette,
} from '../src/index.js';
import { failure } from './support/failure.js';
import { INNOCENT_LOOK_ALIKES, type InnocentLookAlike } from './support/innocent-look-alikes.js';
import { PLANTED_SECRETS, type PlantedSecret } from './support/planted-secrets.js';
import { suite } from './support/suite.js';
import { tempFolder } from './support/temp-folder.js';

const test = suite('what a cassette, an error and a warning hold of a secret');
const folder = tempFolder();
let cassettes = 0;

type Planted = PlantedSecret | InnocentLookAlike;

const server = createServer((incoming, outgoing) => {
  incoming.resume().on('end', () => {
    const { response = {} } = current;
    const { headers = [], body = '' } = response;
    outgoing.writeHead('status' in response ? (response.status ?? 200) : 200, headers.flat());
    outgoing.end(body);
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
let current: Planted;

/** Everything that a store is handed, as text. */
class WatchedStore implements CassetteStore {
  readonly location: string;
  readonly handed: string[] = [];
  readonly #file: JsonFileCassetteStore;

  constructor(path: string) {
    this.#file = new JsonFileCassetteStore(path, { createIfMissing: true });
    this.location = path;
  }

  load(): Promise<Cassette> {
    return this.#file.load();
  }

  save(cassette: Cassette): Promise<void> {
    for (const { request: asked, responseChunks, metadata } of cassette.interactions) {
      this.handed.push(JSON.stringify([asked.target, asked.headers, metadata]), latin1(asked.body));
      this.handed.push(JSON.stringify(responseChunks.map((chunk) => chunk.metadata)));
      this.handed.push(latin1(Buffer.concat(responseChunks.map((chunk) => chunk.data))));
    }
    return this.#file.save(cassette);
  }
}

function latin1(data: Uint8Array): string {
  return Buffer.from(data).toString('latin1');
}

/** Runs with these variables in the environment, and gives what was written to stderr besides. */
async function watched<T>(
  env: Readonly<Record<string, string>>,
  fn: () => Promise<T>,
): Promise<[result: T, stderr: string]> {
  const { write } = process.stderr;
  let written = '';
  process.stderr.write = ((text: string | Uint8Array) => {
    written += String(text);
    return true;
  }) as typeof write;
  Object.assign(process.env, env);
  try {
    return [await fn(), written];
  } finally {
    process.stderr.write = write;
    for (const name of Object.keys(env)) {
      delete process.env[name];
    }
  }
}

/** Asks what a row describes; with `changed`, a question that was never recorded and holds the same secret. */
async function ask({ method = 'GET', path = '/', headers = [], body }: Planted, changed = false) {
  const answer = await request(url + path, {
    method: changed ? 'DELETE' : method,
    headers: headers.flatMap(([name, value]) => [name, Buffer.from(value, 'latin1').toString('latin1')]),
    ...(body !== undefined && { body: body as string }),
  });
  return Buffer.from(await answer.body.arrayBuffer());
}

async function recorded(row: Planted, options: InterpositionOptions = {}) {
  const store = new WatchedStore(join(folder, `${++cassettes}.json`));
  current = row;
  const [, stderr] = await watched(row.env ?? {}, () =>
    withCassette({ ...options, store, mode: 'record' }, () => ask(row)),
  );
  return { store, stderr, file: readFileSync(store.location, 'utf8') };
}

test(`there are 60 secrets and 40 look-alikes`, () => {
  assert.ok(PLANTED_SECRETS.length >= 60);
  assert.ok(INNOCENT_LOOK_ALIKES.length >= 40);
});

for (const row of PLANTED_SECRETS) {
  test(`nothing is left of ${row.name}`, async () => {
    const { store, stderr, file } = await recorded(row);
    const [miss, more] = await watched(row.env ?? {}, () =>
      failure(InteractionNotFoundError, () =>
        withCassette({ cassette: store.location, mode: 'replay' }, () => ask(row, true)),
      ),
    );
    const told = inspect(miss, { depth: 10, maxStringLength: 100_000 });
    assert.match(told, 'ERR_INTERACTION_NOT_FOUND');
    for (const spelling of [row.secret, ...(row.spellings ?? [])]) {
      const texts: Record<string, string> = { file, stderr, more, told, handed: store.handed.join('\n') };
      for (const [where, text] of Object.entries(texts)) {
        assert.not(text.includes(spelling), `${spelling} in ${where}: ${text}`);
      }
    }
  });

  // Bytes that are no text are compared as they are.
  const isBinary = typeof row.body === 'object';
  test(`${row.name} is replayed ${isBinary ? 'where it is known' : 'also where it is not known'}`, async () => {
    const { store } = await recorded(row);
    const [answer] = await watched(isBinary ? (row.env ?? {}) : {}, () =>
      withCassette({ cassette: store.location, mode: 'replay' }, () => ask(row)),
    );
    assert.instance(answer, Buffer);
  });
}

for (const row of INNOCENT_LOOK_ALIKES) {
  test(`${row.name}: stays as it is`, async () => {
    const { store, file } = await recorded(row);
    assert.not.match(file, 'REDACTED');
    const answer = await withCassette({ cassette: store.location, mode: 'replay' }, () => ask(row));
    assert.is(answer.toString(), row.response?.body ?? '');
  });
}

test.after(() => {
  server.closeAllConnections();
  server.close();
});

test.run();
