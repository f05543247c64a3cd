import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { MemoryCassetteStore, withCassette } from '../src/index.js';
import { suite } from './support/suite.js';

const test = suite('bad input');
const HOPS = 300;

let count = 0;
const server = createServer(({ url = '' }, response) => {
  count++;
  const hop = Number(url.slice(1));
  if (hop === HOPS) {
    response.end('there');
  } else {
    response.writeHead(302, { location: Number.isNaN(hop) ? url : `/${hop + 1}` }).end('moved');
  }
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
test.after(() => {
  server.close();
  server.closeAllConnections();
});

interface Answer {
  readonly location: string | null;
  readonly body: string;
}

type Ask = (url: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;

const clients: Record<string, Ask> = {
  fetch: async (url, headers = {}) => {
    const response = await fetch(url, { redirect: 'manual', headers });
    return { location: response.headers.get('location'), body: await response.text() };
  },
  'http.request': async (url, headers = {}) => {
    const [response] = await once(request(url, { headers }).end(), 'response');
    const body = Buffer.concat(await response.toArray()).toString();
    return { location: response.headers.location ?? null, body };
  },
};

async function failure(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    const { name, message, code, cause } = error as Error & { code?: unknown };
    return [name, message, code, cause instanceof Error ? [cause.name, cause.message] : cause];
  }
}

/** The same in each mode, and nothing is sent in `replay`. */
async function alike(use: () => Promise<unknown>): Promise<unknown> {
  const live = await use();
  const store = new MemoryCassetteStore({ createIfMissing: true });
  for (const mode of ['record', 'replay', 'auto'] as const) {
    const before = count;
    assert.equal(await withCassette({ store, mode }, use), live, mode);
    assert.ok(mode !== 'replay' || count === before, 'replay sent something');
  }
  return live;
}

for (const [name, ask] of Object.entries(clients)) {
  test(`${name}: ${HOPS} redirects, one after the other`, async () => {
    const follow = async () => {
      let path = '/0';
      for (let hops = 0; ; hops++) {
        const { location, body } = await ask(base + path);
        if (location === null) return [hops, body];
        path = location;
      }
    };
    assert.equal(await alike(follow), [HOPS, 'there']);
  });

  for (const headers of [
    { 'in valid': 'x' },
    { 'x-é': 'x' },
    { '': 'x' },
    { 'x-line': 'a\r\nb: c' },
    { 'x-zero': '\0' },
  ]) {
    test(`${name}: a request with the header ${JSON.stringify(headers)}`, async () => {
      const seen = await alike(() => failure(() => ask(`${base}/${HOPS}`, headers)));
      assert.is(Array.isArray(seen) && seen[0], 'TypeError');
    });
  }
}

test('fetch: a redirect to itself', async () => {
  const seen = await alike(() => failure(() => fetch(`${base}/self`)));
  assert.equal((seen as unknown[])[3], ['Error', 'redirect count exceeded']);
});

test.run();
