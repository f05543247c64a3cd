import { once } from 'node:events';
import type http from 'node:http';
import { Agent } from 'node:http';
import https, { Agent as SecureAgent } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import axios from 'axios';
import got from 'got';
import nodeFetch from 'node-fetch';
import superagent from 'superagent';
import * as assert from 'uvu/assert';
import { InteractionNotFoundError, withCassette } from '../../../src/index.js';
import { bodyOf, loopback } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { emptyStore, recordedIn, settled } from '../undici/clients.js';
import { tls } from './tls.js';

const test = suite('real clients on node:http');

async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  switch (request.url) {
    case '/gzip':
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync('{"zipped":true}'));
      break;
    case '/redirect':
      response.writeHead(302, { location: '/json' }).end('moved');
      break;
    case '/empty-redirect':
      response.writeHead(303, { location: '/json', 'content-length': 0 }).end();
      break;
    case '/missing':
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"missing"}');
      break;
    case '/no-content':
      response.writeHead(204).end();
      break;
    case '/cookies':
      response.writeHead(200, { 'set-cookie': ['a=1', 'b=2'], 'content-type': 'application/json' }).end('{}');
      break;
    case '/stream':
      response.write('{"n":1}\n');
      setTimeout(() => response.end('{"n":2}\n'), 20);
      break;
    default:
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ method: request.method, url: request.url, body: body.toString('latin1') }),
      );
  }
}

const plain = await loopback((request, response) => void answer(request, response).catch(() => {}));
const secure = https.createServer(tls.server, (request, response) => void answer(request, response));
secure.listen(0, '127.0.0.1');
await once(secure, 'listening');
let connections = 0;
for (const server of [plain.server, secure]) {
  server.on('connection', () => connections++);
}
test.after(async () => {
  await plain.close();
  secure.closeAllConnections();
  secure.close();
});

interface Asked {
  readonly path: string;
  readonly method?: string;
  readonly body?: string | Buffer;
}

type Client = (origin: string, asked: Asked) => Promise<unknown>;

const agents = {
  http: new Agent({ keepAlive: true }),
  https: new SecureAgent({ keepAlive: true, ca: tls.ca }),
};
test.after(() => {
  agents.http.destroy();
  agents.https.destroy();
});
const agentFor = (url: string) => (url.startsWith('https:') ? agents.https : agents.http);

const withoutDate = (headers: object) =>
  Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'date');

const CLIENTS: Record<string, Client> = {
  axios: async (origin, { path, method = 'GET', body }) => {
    const response = await axios.request({
      url: origin + path,
      method,
      ...(body !== undefined && { data: body }),
      adapter: 'http',
      httpAgent: agents.http,
      httpsAgent: agents.https,
      validateStatus: () => true,
    });
    return [response.status, response.statusText, withoutDate(response.headers), response.data];
  },
  got: async (origin, { path, method = 'GET', body }) => {
    const response = await got(origin + path, {
      method: method as 'GET',
      ...(body !== undefined && { body }),
      agent: agents,
      throwHttpErrors: false,
      retry: { limit: 0 },
    });
    const { statusCode, statusMessage, headers, url, redirectUrls, rawBody } = response;
    return [statusCode, statusMessage, withoutDate(headers), url, redirectUrls.map(String), String(rawBody)];
  },
  'node-fetch': async (origin, { path, method = 'GET', body }) => {
    const response = await nodeFetch(origin + path, { method, body: body ?? null, agent: agentFor(origin) });
    const { status, statusText, headers, url, redirected } = response;
    return [status, statusText, withoutDate(headers.raw()), url, redirected, await response.text()];
  },
  superagent: async (origin, { path, method = 'GET', body }) => {
    const response = await superagent(method, origin + path)
      .agent(agentFor(origin))
      .ok(() => true)
      .send(body as string);
    return [
      response.status,
      withoutDate(response.headers),
      response.text ?? response.body,
      response.redirects,
    ];
  },
};

const REQUESTS: Record<string, Asked> = {
  JSON: { path: '/json' },
  'a gzip body': { path: '/gzip' },
  'a redirect': { path: '/redirect' },
  'a redirect without a body': { path: '/empty-redirect' },
  'an error status': { path: '/missing' },
  'no content': { path: '/no-content' },
  HEAD: { path: '/json', method: 'HEAD' },
  cookies: { path: '/cookies' },
  'a streamed body': { path: '/stream' },
  'a POST': { path: '/echo', method: 'POST', body: '{"a":1}' },
  'a PUT of bytes': { path: '/echo', method: 'PUT', body: Buffer.from([0, 255, 7]) },
};

const origins = {
  http: plain.url,
  https: `https://127.0.0.1:${(secure.address() as AddressInfo).port}`,
};

for (const [name, client] of Object.entries(CLIENTS)) {
  for (const [scheme, origin] of Object.entries(origins)) {
    for (const [title, asked] of Object.entries(REQUESTS)) {
      test(`${name}, ${scheme}, ${title}: live, recorded and replayed alike`, async () => {
        const ask = () => settled(client(origin, asked), () => `${name} ${title}`);
        const expected = await ask();
        const store = emptyStore();
        const scope = { store, redact: false } as const;
        assert.equal(await withCassette({ ...scope, mode: 'record' }, ask), expected, 'record');
        assert.is(
          (await recordedIn(store)).every(({ recording }) => !recording.truncated),
          true,
        );
        const before = connections;
        assert.equal(await withCassette({ ...scope, mode: 'replay' }, ask), expected, 'replay');
        assert.is(connections, before, 'replay has connected');
        const auto = { store: emptyStore(), redact: false, mode: 'auto' } as const;
        assert.equal(await withCassette(auto, ask), expected, 'auto');
      });
    }
  }

  test(`${name}: a MISS explains itself`, async () => {
    const error = await withCassette({ store: emptyStore(), mode: 'replay' }, () =>
      client(plain.url, { path: '/json' }).then(
        () => assert.unreachable(),
        (thrown: Error) => thrown,
      ),
    );
    assert.match((error as Error).message, /MISS: GET .*\/json/);
    const own =
      name === 'superagent' ? error : (error as { cause?: unknown; erroredSysCall?: unknown }).cause;
    if (name !== 'node-fetch') {
      assert.instance(own, InteractionNotFoundError);
    }
  });
}

test('axios: an upload and a download as streams', async () => {
  const { Readable } = await import('node:stream');
  const ask = async () => {
    const { data } = await axios.post(`${plain.url}/echo`, Readable.from(['one ', 'two']), {
      adapter: 'http',
    });
    const stream = await axios.get(`${plain.url}/stream`, { adapter: 'http', responseType: 'stream' });
    const lines: string[] = [];
    for await (const chunk of stream.data) {
      lines.push(String(chunk));
    }
    return [data, lines.join('')];
  };
  const expected = await ask();
  const store = emptyStore();
  assert.equal(await withCassette({ store, mode: 'record' }, ask), expected);
  assert.equal(await withCassette({ store, mode: 'replay' }, ask), expected);
});

test('axios and got: a timeout is recorded, and comes again in replay', async () => {
  const silent = await loopback(() => {});
  const ask = async () => {
    const told = (error: { code?: unknown; message: string }) => [error.code, error.message];
    return [
      await axios.get(`${silent.url}/`, { adapter: 'http', timeout: 80 }).catch(told),
      await got(`${silent.url}/`, { timeout: { request: 80 }, retry: { limit: 0 } }).catch(told),
    ];
  };
  const expected = await ask();
  const store = emptyStore();
  assert.equal(await withCassette({ store, mode: 'record' }, ask), expected);
  const before = silent.count();
  assert.equal(await withCassette({ store, mode: 'replay' }, ask), expected);
  assert.is(silent.count(), before);
  await silent.close();
});

test.run();
