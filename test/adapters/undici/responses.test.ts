import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { type BrokerMode, CassetteSaveError, JsonFileCassetteStore } from '../../../src/index.js';
import { loopback, type Seen, whole } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { clients, copies, inMode, live, rejection, type Session, WHY_SKIPPED } from './clients.js';

const test = suite('responses');

/** What is redacted is not what it was live, by intent. */
const AS_IT_IS = { redact: false } as const;

const folder = mkdtempSync(join(tmpdir(), 'responses-'));
const text = 'Grüße, 世界. '.repeat(200);
let last: Seen | undefined;
let writeNext = (_: string): unknown => undefined;
let finish = (): unknown => undefined;

const server = await loopback(
  whole((seen, response) => {
    last = seen;
    const raw = (lines: readonly string[]) => response.socket?.end(Buffer.from(lines.join('\r\n'), 'latin1'));
    switch (seen.url) {
      case '/hints':
        response.writeEarlyHints({ link: '</a.css>; rel=preload' });
        response.end('hinted');
        break;
      case '/trailers':
        if (seen.method !== 'HEAD') {
          response.writeHead(200, { trailer: 'x-checksum' });
          response.write('body');
          response.addTrailers({ 'x-checksum': 'abc', 'X-More': 'd' });
        }
        response.end();
        break;
      case '/204':
        response.writeHead(204, { 'x-empty': 'yes' }).end();
        break;
      case '/304':
        response.writeHead(304, { etag: '"1"' }).end();
        break;
      case '/nothing':
        response.writeHead(200, { 'content-length': '0' }).end();
        break;
      case '/status-text':
        raw(['HTTP/1.1 299 Just Fine \xfc', 'content-length: 2', 'connection: close', '', 'ok']);
        break;
      case '/headers':
        raw([
          'HTTP/1.1 200 OK',
          'X-Twice: 1',
          'set-cookie: a=1; Path=/',
          'x-twice: 2',
          'X-Latin1: caf\xe9',
          'Set-Cookie: b=2',
          'content-length: 2',
          'connection: close',
          '',
          'ok',
        ]);
        break;
      case '/gzip':
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text));
        break;
      case '/br':
        response.writeHead(200, { 'content-encoding': 'br' }).end(brotliCompressSync(text));
        break;
      case '/binary':
        response.end(Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)));
        break;
      case '/chunks':
        response.write('one');
        setImmediate(() => {
          response.write('two');
          setImmediate(() => response.end('three'));
        });
        break;
      case '/paced':
        response.write('one');
        writeNext = (chunk) => response.write(chunk);
        finish = () => response.end();
        break;
      default:
        response.writeHead(200, { 'content-length': '5' }).end('hello');
    }
  }),
);

let files = 0;
const newStore = () => new JsonFileCassetteStore(join(folder, `${++files}.json`), { createIfMissing: true });

test.after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const paths = [
  '/hints',
  '/trailers',
  '/204',
  '/304',
  '/nothing',
  '/status-text',
  '/headers',
  '/binary',
  '/br',
  '/gzip',
];

async function seenByFetch({ fetch }: Pick<Session, 'fetch'>, path: string, method = 'GET') {
  const response = await fetch(`${server.url}${path}`, { method });
  const body = Buffer.from(await response.arrayBuffer()).toString('base64');
  const { status, statusText, headers } = response;
  return { status, statusText, headers: comparable([...headers]), body, cookies: headers.getSetCookie() };
}

async function seenByRequest({ request }: Pick<Session, 'request'>, path: string, more: object) {
  const infos: unknown[] = [];
  const options = { method: 'GET', onInfo: (info: unknown) => infos.push(info), ...more };
  const answer = await request(`${server.url}${path}`, options);
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  const { statusCode, headers, trailers } = answer;
  const body = decoded(path, bytes).toString('base64');
  return { statusCode, headers: comparable(pairsOf(headers)), trailers, infos, body };
}

// What the server draws anew each time, and what a cassette that keeps bodies decoded may change.
const VOLATILE = ['date', 'content-length'];

/** Raw headers are names and values in turn. */
function pairsOf(headers: object): (readonly [string, unknown])[] {
  if (!Array.isArray(headers)) {
    return Object.entries(headers);
  }
  const flat = headers.map(String);
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1]] as const] : []));
}

function comparable(headers: readonly (readonly [string, unknown])[]): unknown[] {
  return headers.filter(([name]) => !VOLATILE.includes(name.toLowerCase()));
}

function decoded(path: string, body: Buffer): Buffer {
  return path === '/gzip' ? gunzipSync(body) : path === '/br' ? brotliDecompressSync(body) : body;
}

for (const client of clients) {
  const check = test.skipUnless(client.here, WHY_SKIPPED);
  for (const path of paths) {
    check(`${client.name}, fetch ${path}: live, recorded and replayed alike`, async () => {
      const expected = await live(client, (session) => seenByFetch(session, path));
      const store = newStore();
      for (const mode of ['record', 'replay'] as const) {
        assert.equal(
          await inMode(client, mode, store, (session) => seenByFetch(session, path), AS_IT_IS),
          expected,
          mode,
        );
      }
    });
  }
  check(`${client.name}, fetch: HEAD has the headers, length included, and no body`, async () => {
    const store = newStore();
    const lengths: (string | null)[] = [];
    const get = ({ fetch }: Pick<Session, 'fetch'>) =>
      fetch(`${server.url}/`, { method: 'HEAD' }).then(async (response) => {
        lengths.push(response.headers.get('content-length'));
        return response.text();
      });
    for (const mode of ['record', 'replay'] as const) {
      assert.is(await inMode(client, mode, store, get), '');
    }
    assert.equal(lengths, ['5', '5']);
  });

  check(`${client.name}, fetch: chunks keep their boundaries`, async () => {
    const store = newStore();
    const chunks = async ({ fetch }: Session) => {
      const rest = ['two', 'three'];
      const seen: string[] = [];
      for await (const chunk of (await fetch(`${server.url}/paced`)).body ?? []) {
        seen.push(Buffer.from(chunk as Uint8Array).toString());
        const next = rest.shift();
        if (next === undefined) {
          finish();
        } else {
          writeNext(next);
        }
      }
      return seen;
    };
    for (const mode of ['record', 'replay'] as const) {
      assert.equal(await inMode(client, mode, store, chunks), ['one', 'two', 'three'], mode);
    }
  });

  check(`${client.name}, fetch: credentials reach the server and stay out of the file`, async () => {
    const store = newStore();
    const send = (headers: Record<string, string>) => (session: Session) =>
      session.fetch(`${server.url}/private`, { headers }).then((response) => response.text());
    const secrets = { authorization: 'Bearer s3cret-a', Cookie: 'sid=s3cret-b', 'x-plain': 'seen' };
    for (const mode of ['record', 'auto'] as const) {
      await inMode(client, mode, store, send(secrets));
      assert.is(last?.headers.authorization, secrets.authorization);
      assert.is(last?.headers.cookie, secrets.Cookie);
    }
    const file = readFileSync(store.location, 'utf8');
    assert.not.match(file, 's3cret');
    assert.match(file, 'seen');
    const others = { authorization: 'Basic other', cookie: 'sid=other' };
    assert.is(await inMode(client, 'replay', store, send(others)), 'hello');
  });

  check(`${client.name}, fetch: a save that fails is the error of the body, or of the call`, async () => {
    for (const mode of ['record', 'auto'] as const) {
      const store = newStore();
      store.save = async () => {
        throw new CassetteSaveError(store.location, { problem: 'the disk is full' });
      };
      const unsaved = inMode(client, mode, store, async ({ fetch }) => {
        const response = await fetch(`${server.url}/chunks`);
        assert.is(response.status, 200);
        const inBody = await rejection(response.text());
        assert.instance(inBody.cause, CassetteSaveError);
        for (const [path, method] of [
          ['/', 'HEAD'],
          ['/204', 'GET'],
          ['/nothing', 'GET'],
        ] as const) {
          const error = await rejection(fetch(`${server.url}${path}`, { method }));
          assert.is(error.message, 'fetch failed');
          assert.instance(error.cause, CassetteSaveError, path);
        }
      });
      await unsaved.catch((error: unknown) => assert.instance(error, CassetteSaveError));
    }
  });
}

for (const { name, undici } of copies) {
  const client = { name, undici, here: undici !== undefined };
  const check = test.skipUnless(client.here, WHY_SKIPPED);
  for (const path of paths) {
    for (const more of [{}, { responseHeaders: 'raw' }, { method: 'HEAD' }] as const) {
      check(
        `${name}, request ${path} ${JSON.stringify(more)}: live, recorded and replayed alike`,
        async () => {
          const expected = await live(client, (session) => seenByRequest(session, path, more)).catch(
            tellError,
          );
          const store = newStore();
          for (const mode of ['record', 'replay'] as readonly BrokerMode[]) {
            const ask = (session: Session) => seenByRequest(session, path, more);
            const seen = await inMode(client, mode, store, ask, AS_IT_IS).catch(tellError);
            assert.equal(seen, expected, mode);
          }
        },
      );
    }
  }

  check(`${name}, request: credentials reach the server and stay out of the file`, async () => {
    const store = newStore();
    const headers = [
      'Authorization',
      'Bearer s3cret-a',
      'COOKIE',
      'sid=s3cret-b',
      'Proxy-Authorization',
      's3cret-c',
    ];
    await inMode(client, 'record', store, async ({ request }) =>
      (await request(`${server.url}/private`, { headers })).body.text(),
    );
    assert.is(last?.headers.authorization, 'Bearer s3cret-a');
    assert.is(last?.headers.cookie, 'sid=s3cret-b');
    assert.is(last?.headers['proxy-authorization'], 's3cret-c');
    assert.not.match(readFileSync(store.location, 'utf8'), 's3cret');
  });

  check(`${name}, request: a save that fails is the error of the body`, async () => {
    const store = newStore();
    store.save = async () => {
      throw new Error('the disk is full');
    };
    const unsaved = inMode(client, 'record', store, async ({ request }) => {
      const { body } = await request(`${server.url}/chunks`);
      assert.instance(await rejection(body.text()), CassetteSaveError);
      assert.instance(await rejection(request(`${server.url}/`, { method: 'HEAD' })), CassetteSaveError);
    });
    await unsaved.catch((error: unknown) => assert.instance(error, CassetteSaveError));
  });
}

function tellError(error: unknown): unknown {
  const { name, message, code } = error as Error & { code?: unknown };
  return { name, message, code };
}

test.run();
