import { once } from 'node:events';
import http from 'node:http';
import * as assert from 'uvu/assert';
import {
  type Cassette,
  type CassetteStore,
  installInterposition,
  MemoryCassetteStore,
  withCassette,
} from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';

const test = suite('a store that itself works over HTTP');

const asked: string[] = [];
const { url, close } = await loopback((request, response) => {
  asked.push(request.url as string);
  response.end('answer');
});
test.after(close);

/** Asks a server with both kinds of clients at each call. */
class StoreOverHttp implements CassetteStore {
  readonly #memory = new MemoryCassetteStore({ createIfMissing: true });

  async load(): Promise<Cassette> {
    await call('/load');
    return this.#memory.load();
  }

  async save(cassette: Cassette, since?: Cassette): Promise<void> {
    await call('/save');
    await this.#memory.save(cassette, since);
  }

  async flush(): Promise<void> {
    await call('/flush');
  }
}

async function call(path: string): Promise<void> {
  await (await fetch(url + path)).text();
  const [response] = await once(http.get(url + path), 'response');
  response.resume();
  await once(response, 'end');
}

test.before.each(() => {
  asked.length = 0;
});

for (const [what, use] of [
  [
    'a scope',
    async (store: CassetteStore, mode: 'record' | 'replay', work: () => Promise<void>) =>
      withCassette({ store, mode }, work),
  ],
  [
    'an installation',
    async (store: CassetteStore, mode: 'record' | 'replay', work: () => Promise<void>) => {
      const installed = await installInterposition(mode, { store });
      try {
        await work();
        const { hits, misses, passedThrough } = installed.report();
        assert.is(hits + misses + passedThrough, 1);
      } finally {
        await installed.uninstall();
      }
    },
  ],
] as const) {
  test(`${what} records the program, and not its store`, async () => {
    const store = new StoreOverHttp();
    const program = async () => assert.is(await (await fetch(`${url}/program`)).text(), 'answer');
    await use(store, 'record', program);
    assert.equal(new Set(asked), new Set(['/load', '/program', '/save', '/flush']));
    assert.equal(
      (await store.load()).interactions.map(({ request }) => request.target),
      [`${url}/program`],
    );
    asked.length = 0;
    await use(store, 'replay', program);
    assert.not(asked.includes('/program'));
    assert.ok(asked.includes('/load'));
  });
}

test.run();
