import { brotliCompressSync, gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { type HeaderPair, Interaction, type InteractionRequest } from '../../src/core/interaction.js';
import { HttpPolicy } from '../../src/http/policy.js';
import { Broker, Cassette } from '../../src/index.js';
import { suite } from '../support/suite.js';

const test = suite('what HTTP means to a Broker');

const TOKENS = ['q8Zk3LmWp2Xr7TvBd9Gh', 'a1S2d3F4g5H6j7K8l9Zq'] as const;

function request(headers: readonly HeaderPair[], body: Uint8Array = new Uint8Array()): InteractionRequest {
  return { protocol: 'http', action: 'GET', target: 'https://api.test/me', headers, body };
}

function asUser(token: string, header = 'authorization'): InteractionRequest {
  return request([[header, header === 'authorization' ? `Bearer ${token}` : token]]);
}

for (const header of ['authorization', 'x-api-key']) {
  test(`one question of two users is worth a warning that names ${header}`, () => {
    const policy = new HttpPolicy();
    const [first, second] = TOKENS.map((token) => policy.request(asUser(token, header)));
    assert.is(policy.key(first as InteractionRequest), policy.key(second as InteractionRequest));
    const warning = policy.conflict(first as InteractionRequest, second as InteractionRequest) ?? '';
    assert.match(warning, `match: { headers: ['${header}'] }`);
    assert.not.match(warning, 'REDACTED');
  });

  test(`with match: { headers: ['${header}'] } they are told apart, also in another run, and there is no warning`, () => {
    const recording = new HttpPolicy({ match: { headers: [header] } });
    const replaying = new HttpPolicy({ match: { headers: [header] } });
    const [first, second] = TOKENS.map((token) => recording.request(asUser(token, header)));
    assert.is.not(recording.key(first as InteractionRequest), recording.key(second as InteractionRequest));
    assert.is(recording.conflict(first as InteractionRequest, second as InteractionRequest), undefined);
    const again = replaying.request(asUser(TOKENS[0], header));
    assert.is(replaying.key(again), recording.key(first as InteractionRequest));
  });
}

test('one question of one user is not worth a word', () => {
  const policy = new HttpPolicy();
  const [first, second] = [policy.request(asUser(TOKENS[0])), policy.request(asUser(TOKENS[0]))];
  assert.is(policy.conflict(first, second), undefined);
});

test('requests that differ in a password alone are worth a warning: nothing in the cassette tells them apart', async () => {
  const warnings: string[] = [];
  const broker = new Broker(new Cassette(), {
    mode: 'record',
    match: {},
    playback: 'sequence',
    observer: { warning: (message) => warnings.push(message) },
    liveResponder: async function* (asked) {
      const status = Buffer.from(asked.body).includes('right') ? '200' : '401';
      yield { data: new Uint8Array(), sequence: 0, metadata: [['status_code', status]] };
    },
  });
  const login = async (password: string) => {
    const body = new Uint8Array(Buffer.from(JSON.stringify({ user: 'ada', password })));
    const asked = { ...request([['content-type', 'application/json']], body), action: 'POST' };
    for await (const _ of broker.replay(asked));
  };
  await login('wrong');
  assert.is(warnings.length, 0);
  await login('right');
  assert.is(warnings.length, 1);
  assert.match(warnings[0] ?? '', 'POST https://api.test/me was recorded with different secrets');
  await login('right');
  assert.is(warnings.length, 1, 'the same secret again');
});

for (const [coding, encode] of Object.entries({ gzip: gzipSync, br: brotliCompressSync })) {
  test(`a request body in ${coding} counts as what it decodes to, however it was compressed, without its secrets`, () => {
    const policy = new HttpPolicy();
    const json = JSON.stringify({ user: 'ada', password: 'hunter2', note: 'x'.repeat(500) });
    const headers: HeaderPair[] = [
      ['content-type', 'application/json'],
      ['content-encoding', coding],
    ];
    const stored = policy.request(request(headers, encode(json)));
    assert.is(Buffer.from(stored.body).toString(), json.replace('hunter2', 'REDACTED'));
    const again = policy.request(request(headers, encode(json.replace('hunter2', 'other'))));
    assert.is(policy.key(again), policy.key(stored));
    assert.equal(policy.request(stored), stored, 'applied twice');
  });
}

test('a body that is not what its content-encoding says stays as it is', () => {
  const body = new Uint8Array(Buffer.from('not gzip'));
  const stored = new HttpPolicy().request(request([['content-encoding', 'gzip']], body));
  assert.is(Buffer.from(stored.body).toString(), 'not gzip');
});

test("the length of a secret is not told by its request's content-length", () => {
  const policy = new HttpPolicy();
  const lengths = ['hunter2', 'a-much-longer-password-than-that'].map((password) => {
    const body = Buffer.from(JSON.stringify({ password }));
    const headers: HeaderPair[] = [
      ['content-type', 'application/json'],
      ['content-length', String(body.byteLength)],
    ];
    return policy.request(request(headers, new Uint8Array(body))).headers[1]?.[1];
  });
  assert.is(lengths[0], lengths[1]);
});

test('a secret that becomes known while the answer is on its way is no more stored than one that was known', () => {
  const policy = new HttpPolicy();
  const request: InteractionRequest = {
    protocol: 'http',
    action: 'POST',
    target: 'http://api.example/echo?of=q8Zk3LmWp2Xr7TvB',
    headers: [],
    body: Buffer.from('{"text":"q8Zk3LmWp2Xr7TvB"}'),
  };
  policy.prepareRequest(request);
  assert.is(policy.request(request), request);
  process.env['ACME_LATE_TOKEN'] = 'q8Zk3LmWp2Xr7TvB';
  try {
    assert.ok(policy.refresh());
  } finally {
    delete process.env['ACME_LATE_TOKEN'];
  }
  const stored = policy.request(request);
  assert.not.match(`${stored.target} ${Buffer.from(stored.body)}`, 'q8Zk3LmWp2Xr7TvB');
  assert.not.match(policy.key(stored), 'q8Zk3LmWp2Xr7TvB');
});

test('shouldRecord is asked with the answer as people read it', () => {
  const asked: unknown[] = [];
  const policy = new HttpPolicy({
    shouldRecord: ({ target }, { status, headers, body }) => {
      asked.push(target, status, headers, Buffer.from(body).toString());
      return false;
    },
  });
  const metadata = [
    ['status_code', '200'],
    ['header:content-encoding', 'gzip'],
  ] as const;
  const data = new Uint8Array(gzipSync('hello'));
  const interaction = new Interaction({
    request: request([]),
    responseChunks: [{ data, sequence: 0, metadata }],
  });
  assert.is(policy.accepts(interaction), false);
  assert.equal(asked, ['https://api.test/me', 200, [['content-encoding', 'gzip']], 'hello']);
});

test.run();
