import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as assert from 'uvu/assert';
import { CassetteSaveError, withCassette } from '../../../src/index.js';
import { loopback, whole } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { FailingStore } from '../../support/ways-in.js';
import { emptyStore, recordedIn, settled, tick } from '../undici/clients.js';

const test = suite('bodies of node:http');

const MiB = 1024 * 1024;
const big = randomBytes(3 * MiB);
const server = await loopback((request, response) => {
  if (request.url === '/big') {
    for (let at = 0; at < big.byteLength; at += 100_000) {
      response.write(big.subarray(at, at + 100_000));
    }
    response.end();
  } else if (request.url === '/small') {
    response.end('a small body');
  } else if (request.url === '/early') {
    response.writeHead(413, { connection: 'close' }).end('too large');
  } else {
    whole(({ headers, body }, answer) => {
      const { 'content-length': length, 'transfer-encoding': coding } = headers;
      answer.end(JSON.stringify([length, coding, body.toString('base64')]));
    })(request, response);
  }
});
test.after(() => server.close());

const MODES = ['record', 'auto'] as const;

async function responseOf(request: ClientRequest): Promise<IncomingMessage> {
  return (await settled(once(request, 'response'), () => 'a request'))[0];
}

async function textOf(request: ClientRequest): Promise<string> {
  return Buffer.concat(await (await responseOf(request)).toArray()).toString();
}

const post = (more: http.RequestOptions = {}) =>
  http.request(`${server.url}/echo`, { method: 'POST', ...more });

const SENT: Record<string, () => Promise<string>> = {
  'one piece': () => textOf(post().end('piece')),
  'several pieces': () => {
    const request = post();
    request.write('a');
    request.write(Buffer.from('b'));
    request.write('63', 'hex');
    return textOf(request.end(new Uint8Array([100])));
  },
  'a length of its own': () => {
    const request = post({ headers: { 'Content-Length': 4 } });
    request.write('ab');
    return textOf(request.end('cd'));
  },
  'a stream, with backpressure': async () => {
    const request = post();
    const [text] = await Promise.all([textOf(request), pipeline(Readable.from(cut(big)), request)]);
    return text;
  },
  'a pipe': () => {
    const request = post();
    Readable.from(cut(big)).pipe(request);
    return textOf(request);
  },
  'writes that wait for drain': async () => {
    const request = post();
    const answer = textOf(request);
    for (const piece of cut(big)) {
      if (!request.write(piece)) {
        await once(request, 'drain');
      }
    }
    request.end();
    return answer;
  },
  'writes that wait for their callbacks': async () => {
    const request = post();
    const answer = textOf(request);
    for (const piece of ['one', 'two', 'three']) {
      await new Promise<unknown>((resolve) => request.write(piece, resolve));
    }
    request.end();
    return answer;
  },
  'a buffer that is used again': async () => {
    const buffer = Buffer.from('first');
    const request = post();
    request.write(Buffer.from(buffer));
    buffer.fill('x');
    return textOf(request.end('!'));
  },
  'corked writes': () => {
    const request = post();
    request.cork();
    request.write('a');
    request.write('b');
    request.uncork();
    return textOf(request.end('c'));
  },
  'a GET with a body': () => textOf(post({ method: 'GET', headers: { 'content-length': 3 } }).end('get')),
};

function* cut(bytes: Buffer) {
  for (let at = 0; at < bytes.byteLength; at += 50_000) {
    yield bytes.subarray(at, at + 50_000);
  }
}

for (const [title, send] of Object.entries(SENT)) {
  test(`${title}: sent as without the library, recorded, and answered in replay`, async () => {
    const expected = await send();
    const store = emptyStore();
    assert.is(await withCassette({ store, mode: 'record' }, send), expected, 'record');
    assert.is(await withCassette({ store: emptyStore(), mode: 'auto' }, send), expected, 'auto');
    const before = server.count();
    assert.is(await withCassette({ store, mode: 'replay' }, send), expected, 'replay');
    assert.is(server.count(), before);
    const [, , body] = JSON.parse(expected) as string[];
    const [interaction] = await recordedIn(store);
    assert.is(Buffer.from(interaction?.request.body ?? []).toString('base64'), body);
  });
}

test('a small body that nobody reads is recorded whole', async () => {
  for (const mode of MODES) {
    const store = emptyStore();
    await withCassette({ store, mode }, async () => {
      await responseOf(http.get(`${server.url}/small`));
    });
    const [interaction] = await recordedIn(store);
    assert.is(interaction?.recording.truncated, false);
    assert.is(
      Buffer.concat(interaction?.responseChunks.map(({ data }) => data) ?? []).toString(),
      'a small body',
    );
  }
});

test('a body whose response nobody listens for is recorded whole', async () => {
  for (const mode of MODES) {
    const store = emptyStore();
    await withCassette({ store, mode }, () => once(http.get(`${server.url}/small`), 'close'));
    const [interaction] = await recordedIn(store);
    assert.is(
      Buffer.concat(interaction?.responseChunks.map(({ data }) => data) ?? []).toString(),
      'a small body',
    );
  }
});

test('a slow reader gets all of a large body, recorded and replayed', async () => {
  const store = emptyStore();
  const read = async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of await responseOf(http.get(`${server.url}/big`))) {
      chunks.push(chunk as Buffer);
      await tick();
      await tick();
    }
    return Buffer.concat(chunks);
  };
  for (const mode of ['record', 'replay'] as const) {
    assert.ok((await withCassette({ store, mode }, read)).equals(big), mode);
  }
});

test('what a program does to the bytes it got is not in the recording, nor in the next replay', async () => {
  const store = emptyStore();
  const spoil = async () => {
    const chunks = await (await responseOf(http.get(`${server.url}/small`))).toArray();
    const text = Buffer.concat(chunks).toString();
    for (const chunk of chunks) {
      chunk.fill(0);
    }
    return text;
  };
  for (const mode of ['record', 'replay', 'replay'] as const) {
    assert.is(await withCassette({ store, mode }, spoil), 'a small body', mode);
  }
});

test('an answer before the request is sent reaches the program, and is recorded where the request ends', async () => {
  const store = emptyStore();
  const send = async () => {
    const request = http.request(`${server.url}/early`, { method: 'POST' }).on('error', () => {});
    request.write('begun');
    const response = await responseOf(request);
    request.end();
    return [response.statusCode, String(Buffer.concat(await response.toArray()))];
  };
  assert.equal(await withCassette({ store, mode: 'record' }, send), [413, 'too large']);
});

test('a save that fails: a request whose response has no body fails, and has no response', async () => {
  const seen: string[] = [];
  const failed = withCassette({ store: new FailingStore(), mode: 'record' }, async () => {
    const request = http.request(`${server.url}/small`, { method: 'HEAD' }).end();
    request.on('response', () => seen.push('response'));
    const [error] = await once(request, 'error');
    assert.instance(error, CassetteSaveError);
    await once(request, 'close');
  });
  await failed;
  assert.equal(seen, []);
});

test.run();
