import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { JsonFileCassetteStore, withCassette } from '../../../src/index.js';
import { suite } from '../../support/suite.js';
import '../undici/clients.js';
import { loopback, whole } from '../../support/loopback.js';

const test = suite('one cassette for fetch and node:http');

const folder = mkdtempSync(join(tmpdir(), 'across-'));
const server = await loopback(
  whole(({ method, url, body }, response) => {
    if (url === '/gzip') {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('zipped text '.repeat(20)));
    } else {
      response.writeHead(200, { 'Content-Type': 'application/json', 'X-Case': 'kept' });
      response.end(JSON.stringify({ method, url, body: String(body) }));
    }
  }),
);
test.after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

interface Asked {
  readonly path: string;
  readonly method?: string;
  readonly body?: string;
}

const headers = { 'content-type': 'application/json', accept: '*/*' };

async function byFetch({ path, method = 'GET', body }: Asked): Promise<unknown> {
  const response = await fetch(server.url + path, { method, ...(body && { body, headers }) });
  return [response.status, response.statusText, response.headers.get('x-case'), await response.text()];
}

async function byNode({ path, method = 'GET', body }: Asked): Promise<unknown> {
  const request = http.request(server.url + path, { method, ...(body && { headers }) }).end(body);
  const [response] = await once(request, 'response');
  const bytes = Buffer.concat(await response.toArray());
  const text = response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
  return [response.statusCode, response.statusMessage, response.headers['x-case'] ?? null, String(text)];
}

const clients = { fetch: byFetch, 'node:http': byNode };

const REQUESTS: Record<string, Asked> = {
  'a GET': { path: '/a?b=c' },
  'a gzip body': { path: '/gzip' },
  'a POST of JSON': { path: '/json', method: 'POST', body: '{"a":[1,2]}' },
};

let files = 0;
for (const [recording, record] of Object.entries(clients)) {
  for (const [replaying, replay] of Object.entries(clients)) {
    for (const [title, asked] of Object.entries(REQUESTS)) {
      test(`${title}, recorded by ${recording}, is replayed for ${replaying}`, async () => {
        const cassette = join(folder, `${++files}.json`);
        const expected = await withCassette({ cassette, mode: 'record' }, () => record(asked));
        const before = server.count();
        assert.equal(await withCassette({ cassette, mode: 'replay' }, () => replay(asked)), expected);
        assert.is(server.count(), before);
      });
    }
  }
}

test('names of headers stand in the cassette as they went over the wire', async () => {
  const cassette = join(folder, 'case.json');
  await withCassette({ cassette, mode: 'record' }, async () => {
    const request = http.get(server.url, { headers: { 'X-Program': 'a', 'x-twice': ['1', '2'] } });
    const [response] = await once(request, 'response');
    await response.toArray();
  });
  const [interaction] = (await new JsonFileCassetteStore(cassette).load()).interactions;
  assert.equal(interaction?.request.headers, [
    ['X-Program', 'a'],
    ['x-twice', '1'],
    ['x-twice', '2'],
  ]);
  const names = interaction?.responseChunks[0]?.metadata.map(([name]) => name) ?? [];
  assert.ok(names.includes('header:X-Case') && names.includes('header:Content-Type'), names.join());
});

test.run();
