import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type BrokerMode, installInterposition, type MemoryCassetteStore } from '../../../src/index.js';
import { repoRoot } from '../../support/paths.js';
import { suite } from '../../support/suite.js';
import { copies, emptyStore, recordedIn, settled, type Undici, WHY_SKIPPED } from './clients.js';

const test = suite('HTTP/2 through undici');

type Dispatcher = InstanceType<Undici['Agent']>;
const pem = (name: string) => readFileSync(join(repoRoot, 'fixtures/tls', name));
const ca = pem('ca.pem');

/** What a path does; the others answer with what they were sent. */
const answers: Record<string, (stream: ServerHttp2Stream) => void> = {
  '/trailers': (stream) => {
    stream.respond({ ':status': 200, trailer: 'x-sum' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': 'of all' })).end('with trailers');
  },
  '/early-hints': (stream) => {
    stream.additionalHeaders({ ':status': 103, link: '</style.css>; rel=preload' });
    stream.respond({ ':status': 200 });
    stream.end('after a hint');
  },
  '/no-content': (stream) => {
    stream.respond({ ':status': 204 });
    stream.end();
  },
  '/repeated': (stream) => {
    stream.respond({ ':status': 200, 'x-list': ['1', '2'] });
    stream.end('repeated');
  },
  '/large': (stream) => {
    stream.respond({ ':status': 200 });
    stream.end(Buffer.alloc(300_000, 'x'));
  },
  '/reset': (stream) => stream.close(2),
  '/refused': (stream) => stream.close(7),
  '/goaway': (stream) => {
    stream.session?.goaway();
    stream.respond({ ':status': 200 });
    stream.end('the last one');
  },
  '/open': (stream) => {
    stream.respond({ ':status': 200 });
    stream.write('one');
  },
};

async function serve(server: Http2Server, protocol: string) {
  let streams = 0;
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => {
    sessions.add(session.on('error', () => {}).on('close', () => sessions.delete(session)));
  });
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    streams++;
    stream.on('error', () => {});
    const answer = answers[headers[':path'] ?? ''];
    if (answer !== undefined) {
      answer(stream);
      return;
    }
    let body = '';
    stream.setEncoding('utf8').on('data', (text) => {
      body += text;
    });
    stream.on('end', () => {
      stream.respond({ ':status': 201, 'content-type': 'text/plain' });
      stream.end(
        headers[':method'] === 'HEAD' ? undefined : `${headers[':method']} ${headers[':path']} ${body}`,
      );
    });
  });
  server.listen(0);
  await once(server, 'listening');
  return {
    url: `${protocol}://localhost:${(server.address() as AddressInfo).port}`,
    streams: () => streams,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) {
        session.destroy();
      }
      await closed;
    },
  };
}

const secure = () =>
  serve(createSecureServer({ key: pem('server.key'), cert: pem('server.pem'), allowHTTP1: true }), 'https');

/** What a program sees of an answer, or of an error. */
async function told(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await settled(work(), () => 'an exchange over HTTP/2');
  } catch (error) {
    const { name, code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    return { name, code, message };
  }
}

async function storyOf(u: Undici, url: string): Promise<Record<string, unknown>> {
  const story: Record<string, unknown> = {};
  const dispatcher = new u.Agent({ allowH2: true, connect: { ca } }) as Dispatcher;
  const request = async (path: string, options: object = {}) => {
    const hints: unknown[] = [];
    const onInfo = (hint: { statusCode: number }) => hints.push(hint.statusCode);
    const answer = await u.request(url + path, { ...options, dispatcher, onInfo } as never);
    const { statusCode, headers, body, trailers } = answer;
    const { statusText } = answer as { statusText?: string };
    const text = await body.text();
    const { date: _, ...others } = headers;
    return { statusCode, statusText, headers: others, text, trailers, hints };
  };
  const fetched = async (path: string, options: object = {}) => {
    const answer = await u.fetch(url + path, { ...options, dispatcher } as never);
    const { status, statusText } = answer;
    const headers = [...answer.headers].filter(([name]) => name !== 'date');
    return { status, statusText, headers, text: await answer.text() };
  };
  const post = { method: 'POST', body: 'sent', headers: { 'content-type': 'text/plain' } };
  for (const path of ['/echo', '/early-hints', '/no-content', '/repeated', '/large', '/reset', '/refused']) {
    story[`request ${path}`] = await told(() => request(path));
  }
  for (const path of ['/echo', '/early-hints', '/no-content', '/repeated', '/trailers']) {
    story[`fetch ${path}`] = await told(() => fetched(path));
  }
  story['request, HEAD'] = await told(() => request('/head', { method: 'HEAD' }));
  story['request with a body'] = await told(() => request('/body', post));
  story['fetch with a body'] = await told(() => fetched('/body', post));
  story['several at once'] = await told(() => Promise.all(['/1', '/2', '/3'].map((path) => request(path))));
  story['an abort in the body'] = await told(async () => {
    const stop = new AbortController();
    const { body } = await u.request(`${url}/open`, { dispatcher, signal: stop.signal } as never);
    const chunks = body[Symbol.asyncIterator]();
    const first = await chunks.next();
    stop.abort();
    return [String(first.value), ((await chunks.next().catch((error: Error) => error)) as Error).name];
  });
  story['after the abort'] = await told(() => request('/after'));
  story['a session that goes away'] = await told(() => request('/goaway'));
  story['after the session'] = await told(() => request('/after'));
  await dispatcher.destroy();
  return story;
}

async function inMode<T>(mode: BrokerMode, store: MemoryCassetteStore, use: () => Promise<T>): Promise<T> {
  const interposition = await installInterposition(mode, { store, recordFailures: true });
  try {
    return await use();
  } finally {
    await interposition.uninstall();
  }
}

for (const { name, undici } of copies) {
  const check = test.skipUnless(undici !== undefined, WHY_SKIPPED);
  const u = undici as Undici;

  check(
    `${name}: what a program sees is the same live, recorded, and replayed with the server gone`,
    async () => {
      const server = await secure();
      const store = emptyStore();
      const live = await storyOf(u, server.url);
      const streams = server.streams();
      assert.equal(await inMode('record', store, () => storyOf(u, server.url)), live);
      assert.is(server.streams(), 2 * streams);
      await server.close();
      assert.equal(await inMode('replay', store, () => storyOf(u, server.url)), live);
    },
  );

  check(`${name}: recordings are as those of HTTP/1.1: no pseudo headers, an empty status text`, async () => {
    const server = await secure();
    const store = emptyStore();
    await inMode('record', store, async () => {
      const dispatcher = new u.Agent({ allowH2: true, connect: { ca } });
      for (const path of ['/echo', '/repeated', '/trailers']) {
        const answer = await u.request(server.url + path, { dispatcher, headers: { 'x-own': '1' } } as never);
        await answer.body.text();
      }
      await dispatcher.destroy();
    });
    const [echo, repeated, trailers] = await recordedIn(store);
    const metadata = (of: typeof echo) => of?.responseChunks.flatMap((chunk) => chunk.metadata) ?? [];
    assert.equal(echo?.request.headers, [['x-own', '1']]);
    assert.is(echo?.request.target, `${server.url}/echo`);
    assert.equal(metadata(echo).slice(0, 3), [
      ['status_code', '201'],
      ['status_text', ''],
      ['header:content-type', 'text/plain'],
    ]);
    assert.not.match(JSON.stringify([echo, repeated, trailers].map(metadata)), /"[a-z]*:?:(status|path)/);
    assert.ok(metadata(repeated).some(([key, value]) => key === 'header:x-list' && value.startsWith('1')));
    await server.close();
  });

  check(`${name}: a recording over HTTP/2 answers a client of HTTP/1.1`, async () => {
    const server = await secure();
    const store = emptyStore();
    const ask = async (allowH2: boolean) => {
      const dispatcher = new u.Agent({ allowH2, connect: { ca } });
      const { statusCode, body } = await u.request(`${server.url}/echo`, { dispatcher } as never);
      const text = await body.text();
      await dispatcher.destroy();
      return [statusCode, text];
    };
    const recorded = await inMode('record', store, () => ask(true));
    await server.close();
    assert.equal(await inMode('replay', store, () => ask(false)), recorded);
  });

  const H2CClient = (u as unknown as { H2CClient?: new (url: string) => Dispatcher } | undefined)?.H2CClient;
  test.skipUnless(H2CClient !== undefined, 'it came with undici 7')(
    `${name}: an H2CClient is recorded and replayed`,
    async () => {
      const server = await serve(createServer(), 'http');
      const store = emptyStore();
      const ask = async () => {
        const client = new (H2CClient as new (url: string) => Dispatcher)(server.url);
        const { statusCode, body } = await client.request({
          path: '/h2c',
          method: 'POST',
          body: 'x',
        } as never);
        const text = await body.text();
        await client.destroy();
        return [statusCode, text];
      };
      assert.equal(await inMode('record', store, ask), [201, 'POST /h2c x']);
      await server.close();
      assert.equal(await inMode('replay', store, ask), [201, 'POST /h2c x']);
    },
  );
}

test.run();
