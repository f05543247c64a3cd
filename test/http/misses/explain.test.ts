import * as assert from 'uvu/assert';
import { fingerprint } from '../../../src/core/fingerprint.js';
import type { HeaderPair, InteractionRequest } from '../../../src/core/interaction.js';
import { DEFAULT_HEADERS } from '../../../src/http/matching/counted-headers.js';
import { HttpMatch, type MatchOptions } from '../../../src/http/matching/match.js';
import { explainMiss, missText } from '../../../src/http/misses/explain.js';
import { suite } from '../../support/suite.js';

const test = suite('explainMiss');

function request(
  target: string,
  more: { method?: string; headers?: readonly HeaderPair[]; body?: string | Uint8Array } = {},
): InteractionRequest {
  const { method = 'GET', headers = [], body = '' } = more;
  return {
    protocol: 'http',
    action: method,
    target: target.startsWith('/') ? `http://api.test${target}` : target,
    headers,
    body: Buffer.from(body),
  };
}

/** A POST. Without a type it has no `content-type`. */
function post(body: string | Uint8Array, type?: string): InteractionRequest {
  return request('/items', {
    method: 'POST',
    body,
    headers: type === undefined ? [] : [['content-type', type]],
  });
}

const json = (value: unknown) => post(JSON.stringify(value), 'application/json');
const form = (body: string) => post(body, 'application/x-www-form-urlencoded');
const header = (name: string, value: string) => request('/items', { headers: [[name, value]] });

function multipart(fields: Record<string, string | Uint8Array>, boundary: string): InteractionRequest {
  const pieces = Object.entries(fields).flatMap(([name, value]) => [
    Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n`),
    Buffer.from(value),
    Buffer.from('\r\n'),
  ]);
  const body = Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
  return post(body, `multipart/form-data; boundary=${boundary}`);
}

function known(recorded: InteractionRequest) {
  return { request: recorded, used: false, fingerprint: fingerprint(recorded) };
}

/** Options, as the program holds the line that was pasted into it. */
function pasted(line: string): { match?: MatchOptions; vary?: string[] } {
  return new Function(`return ({${line}})`)();
}

interface NearMiss {
  readonly recorded: InteractionRequest;
  readonly actual: InteractionRequest;
  /** The first difference. */
  readonly first: string;
  /** The line to paste; undefined where only recording helps. */
  readonly line: string | undefined;
  readonly match?: MatchOptions;
  readonly vary?: readonly string[];
}

const UUIDS = ['1f0c1a2e-8a0b-4b57-9d55-0b4a3ad6c1aa', 'c56a4180-65aa-42ec-a945-5fd21dec0538'] as const;

const nearMisses: Record<string, NearMiss> = {
  'another page': {
    recorded: request('/items?page=1'),
    actual: request('/items?page=2'),
    first: 'query.page: recorded "1", got "2"',
    line: 'match: { query: { ignore: ["page"] } }',
  },
  'a parameter more': {
    recorded: request('/items?a=1'),
    actual: request('/items?a=1&debug'),
    first: 'query.debug: not recorded, got null',
    line: 'match: { query: { ignore: ["debug"] } }',
  },
  'a parameter less': {
    recorded: request('/items?a=1&limit=10'),
    actual: request('/items?a=1'),
    first: 'query.limit: recorded "10", not there now',
    line: 'match: { query: { ignore: ["limit"] } }',
  },
  'a repeated parameter in another order': {
    recorded: request('/items?tag=a&tag=b'),
    actual: request('/items?tag=b&tag=a'),
    first: 'query.tag: recorded ["a","b"], got ["b","a"]',
    line: 'match: { query: { ignore: ["tag"] } }',
  },
  'a nonce in the query': {
    recorded: request('/items?nonce=V1StGXR8_Z5jdHi6B-myT'),
    actual: request('/items?nonce=5mT6bZq0XwKcN2vRr_Yhd'),
    first: 'query.nonce: recorded "V1StGXR8_Z5jdHi6B-myT", got "5mT6bZq0XwKcN2vRr_Yhd"',
    line: 'vary: ["query:nonce"]',
  },
  'a parameter with an unusual name': {
    recorded: request('/items?filter%5Ba%20b%5D=1'),
    actual: request('/items?filter%5Ba%20b%5D=2'),
    first: 'query["filter[a b]"]: recorded "1", got "2"',
    line: 'match: { query: { ignore: ["filter[a b]"] } }',
  },
  'a uuid in the body': {
    recorded: json({ id: UUIDS[0], name: 'Ada' }),
    actual: json({ name: 'Ada', id: UUIDS[1] }),
    first: `body.id: recorded "${UUIDS[0]}", got "${UUIDS[1]}"`,
    line: 'vary: ["body:$.id"]',
  },
  'a time stamp in milliseconds': {
    recorded: json({ at: 1700000000000 }),
    actual: json({ at: 1712345678901 }),
    first: 'body.at: recorded 1700000000000, got 1712345678901',
    line: 'vary: ["body:$.at"]',
  },
  'an ISO time': {
    recorded: json({ event: { time: '2024-05-01T10:00:00.000Z' } }),
    actual: json({ event: { time: '2025-01-31T23:59:59.123Z' } }),
    first: 'body.event.time: recorded "2024-05-01T10:00:00.000Z", got "2025-01-31T23:59:59.123Z"',
    line: 'vary: ["body:$.event.time"]',
  },
  'a throw-away e-mail address': {
    recorded: json({ email: 'ada+17@example.com' }),
    actual: json({ email: 'ada+18@example.com' }),
    first: 'body.email: recorded "ada+17@example.com", got "ada+18@example.com"',
    line: 'vary: ["body:$.email"]',
  },
  'an e-mail address that somebody chose': {
    recorded: json({ email: 'ada@example.com' }),
    actual: json({ email: 'grace@example.com' }),
    first: 'body.email: recorded "ada@example.com", got "grace@example.com"',
    line: 'match: { body: { ignore: ["$.email"] } }',
  },
  'a file name with a time in it': {
    recorded: json({ file: 'upload-1700000000000.png' }),
    actual: json({ file: 'upload-1712345678901.png' }),
    first: 'body.file: recorded "upload-1700000000000.png", got "upload-1712345678901.png"',
    line: 'vary: ["body:$.file"]',
  },
  'an id at depth, under an unusual name': {
    recorded: json({ user: { "it's me": { id: 7 } } }),
    actual: json({ user: { "it's me": { id: 8 } } }),
    first: 'body.user["it\'s me"].id: recorded 7, got 8',
    line: String.raw`match: { body: { ignore: ["$.user['it\\'s me'].id"] } }`,
  },
  'a longer list': {
    recorded: json({ items: [1, 2] }),
    actual: json({ items: [1, 2, 3] }),
    first: 'body.items.length: recorded 2, got 3',
    line: 'match: { body: { ignore: ["$.items"] } }',
  },
  'an item of a list': {
    recorded: json({ items: [{ n: 1 }, { n: 2 }] }),
    actual: json({ items: [{ n: 1 }, { n: 3 }] }),
    first: 'body.items[1].n: recorded 2, got 3',
    line: 'match: { body: { ignore: ["$.items[1].n"] } }',
  },
  'each item of a list': {
    recorded: json([{ id: UUIDS[0] }, { id: UUIDS[1] }]),
    actual: json([{ id: UUIDS[1] }, { id: UUIDS[0] }]),
    first: `body[0].id: recorded "${UUIDS[0]}", got "${UUIDS[1]}"`,
    line: 'vary: ["body:$[*].id"]',
  },
  'a list of another length at the root': {
    recorded: json([1]),
    actual: json([null, 1]),
    first: 'body.length: recorded 1, got 2',
    line: 'match: { body: "ignore" }',
  },
  'a number that became a string': {
    recorded: json({ n: 7 }),
    actual: json({ n: '7' }),
    first: 'body.n: recorded 7, got "7"',
    line: 'match: { body: { ignore: ["$.n"] } }',
  },
  'a list that became an object': {
    recorded: json({ n: [1] }),
    actual: json({ n: { a: 1 } }),
    first: 'body.n: recorded [1], got {"a":1}',
    line: 'match: { body: { ignore: ["$.n"] } }',
  },
  'null that became absent': {
    recorded: json({ a: 1, n: null }),
    actual: json({ a: 1 }),
    first: 'body.n: recorded null, not there now',
    line: 'match: { body: { ignore: ["$.n"] } }',
  },
  'a member more': {
    recorded: json({ a: 1 }),
    actual: json({ a: 1, user: { id: 7 } }),
    first: 'body.user: not recorded, got {"id":7}',
    line: 'match: { body: { ignore: ["$.user"] } }',
  },
  'a member with the name of a prototype': {
    recorded: post('{"__proto__":{"a":1},"b":1}', 'application/json'),
    actual: post('{"__proto__":{"a":2},"b":1}', 'application/json'),
    first: 'body.__proto__.a: recorded 1, got 2',
    line: 'match: { body: { ignore: ["$.__proto__.a"] } }',
  },
  'a field of a form': {
    recorded: form('name=Ada&city=London'),
    actual: form('name=Ada&city=Paris'),
    first: 'body.city: recorded "London", got "Paris"',
    line: 'match: { body: { ignore: ["$.city"] } }',
  },
  'a made-up field of a form': {
    recorded: form(`name=Ada&state=${UUIDS[0]}`),
    actual: form(`name=Ada&state=${UUIDS[1]}`),
    first: `body.state: recorded "${UUIDS[0]}", got "${UUIDS[1]}"`,
    line: 'vary: ["body:$.state"]',
  },
  'a field of a multipart body': {
    recorded: multipart({ title: 'a', note: 'same' }, 'AAA'),
    actual: multipart({ title: 'b', note: 'same' }, 'B'),
    first: 'body.title: recorded "a", got "b"',
    line: 'match: { body: { ignore: ["$.title"] } }',
  },
  'a made-up field of a multipart body': {
    recorded: multipart({ title: UUIDS[0], note: 'same' }, 'AAA'),
    actual: multipart({ title: UUIDS[1], note: 'same' }, 'B'),
    first: `body.title: recorded "${UUIDS[0]}", got "${UUIDS[1]}"`,
    line: 'vary: ["body:$.title"]',
  },
  'JSON in a multipart body': {
    recorded: multipart({ meta: '{"a":{"b":1}}' }, 'AAA'),
    actual: multipart({ meta: '{"a":{"b":2}}' }, 'B'),
    first: 'body.meta.a.b: recorded 1, got 2',
    line: 'match: { body: { ignore: ["$.meta.a.b"] } }',
  },
  'the bytes of a file in a multipart body': {
    recorded: multipart({ avatar: new Uint8Array([0xff, 0xd8, 1, 2]) }, 'AAA'),
    actual: multipart({ avatar: new Uint8Array([0xff, 0xd8, 1, 3]) }, 'B'),
    first: 'body.avatar byte 3: recorded 02, got 03',
    line: 'match: { body: { ignore: ["$.avatar"] } }',
  },
  'a part more': {
    recorded: multipart({ a: '1' }, 'AAA'),
    actual: multipart({ a: '1', b: '2' }, 'B'),
    first: 'body.b: not recorded, got text "2"',
    line: 'match: { body: { ignore: ["$.b"] } }',
  },
  'parts in another order': {
    recorded: multipart({ a: '1', b: '2' }, 'AAA'),
    actual: multipart({ b: '2', a: '1' }, 'B'),
    first: 'body order of parts: recorded ["a","b"], got ["b","a"]',
    line: 'match: { body: "ignore" }',
  },
  'a line of a text': {
    recorded: post('one\ntwo\nthree', 'text/plain'),
    actual: post('one\ntwo\nfour', 'text/plain'),
    first: 'body line 3: recorded "three", got "four"',
    line: 'match: { body: "ignore" }',
  },
  'a line of NDJSON': {
    recorded: post('{"a":1}\n{"a":2}\n', 'application/x-ndjson'),
    actual: post('{"a":1}\n{"a":3}\n', 'application/x-ndjson'),
    first: String.raw`body line 2: recorded "{\"a\":2}", got "{\"a\":3}"`,
    line: 'match: { body: "ignore" }',
  },
  'bytes of another length': {
    recorded: post(new Uint8Array([0xff, 1]), 'image/png'),
    actual: post(new Uint8Array([0xff, 1, 2]), 'image/png'),
    first: 'body: recorded 2 bytes, got 3 bytes',
    line: 'match: { body: "ignore" }',
  },
  'what is accepted': {
    recorded: header('accept', 'application/json'),
    actual: header('accept', 'text/csv'),
    first: 'header.accept: recorded "application/json", got "text/csv"',
    line: 'match: { headers: { ignore: ["accept"] } }',
  },
  'a content-type': {
    recorded: post('a', 'text/plain'),
    actual: post('a', 'text/markdown'),
    first: 'header.content-type: recorded "text/plain", got "text/markdown"',
    line: 'match: { headers: { ignore: ["content-type"] } }',
  },
  'a range': {
    recorded: header('Range', 'bytes=0-99'),
    actual: request('/items'),
    first: 'header.range: recorded "bytes=0-99", not there now',
    line: 'match: { headers: { ignore: ["range"] } }',
  },
  'a language': {
    recorded: header('accept-language', 'en'),
    actual: header('accept-language', 'de'),
    first: 'header.accept-language: recorded "en", got "de"',
    line: 'match: { headers: { ignore: ["accept-language"] } }',
  },
  'an id in the path': {
    recorded: request('/users/7/posts'),
    actual: request('/users/8/posts'),
    first: 'path[1]: recorded "7", got "8"',
    line: 'vary: ["path:1"]',
  },
  'JSON that became a form': {
    recorded: json({ a: 1 }),
    actual: form('a=1'),
    first: 'header.content-type: recorded "application/json", got "application/x-www-form-urlencoded"',
    line: 'match: { headers: { ignore: ["content-type"] }, body: "ignore" }',
  },
  'JSON that became text': {
    recorded: post('{"a":1}'),
    actual: post('a: 1'),
    first: 'body: recorded JSON {"a":1}, got text "a: 1"',
    line: 'match: { body: "ignore" }',
  },
  'no body where one was recorded': {
    recorded: json({ a: 1 }),
    actual: post(''),
    first: 'body: recorded JSON {"a":1}, not there now',
    line: 'match: { headers: { ignore: ["content-type"] }, body: "ignore" }',
  },
  'several places': {
    recorded: request('/items?page=1&sig=1700000000000', { headers: [['accept', 'a/b']] }),
    actual: request('/items?page=2&sig=1712345678901', { headers: [['accept', 'c/d']] }),
    first: 'query.page: recorded "1", got "2"',
    line: 'match: { query: { ignore: ["page"] }, headers: { ignore: ["accept"] } }, vary: ["query:sig"]',
  },
  'another port of this machine': {
    recorded: request('http://127.0.0.1:40001/items'),
    actual: request('http://127.0.0.1:40002/items'),
    first: 'origin: recorded "http://127.0.0.1:40001", got "http://127.0.0.1:40002"',
    line: 'match: { url: (url) => url.pathname }',
  },
  'another origin': {
    recorded: request('https://api.test/items'),
    actual: request('https://staging.api.test/items'),
    first: 'origin: recorded "https://api.test", got "https://staging.api.test"',
    line: undefined,
  },
  'a typing error in the path': {
    recorded: request('/users/7'),
    actual: request('/user/7'),
    first: 'path[0]: recorded "users", got "user"',
    line: undefined,
  },
  'a longer path': {
    recorded: request('/users/7'),
    actual: request('/users/7/posts'),
    first: 'path: recorded "/users/7", got "/users/7/posts"',
    line: undefined,
  },
  'another method': {
    recorded: request('/items'),
    actual: request('/items', { method: 'DELETE' }),
    first: 'method: recorded "GET", got "DELETE"',
    line: undefined,
  },
  'options that are there are kept': {
    recorded: json({ a: 1, b: 1, id: UUIDS[0] }),
    actual: json({ a: 2, b: 2, id: UUIDS[1] }),
    first: 'body.b: recorded 1, got 2',
    line: 'match: { method: false, query: { ignore: ["x"] }, body: { ignore: ["$.a", "$.b"] } }',
    match: { method: false, query: { ignore: ['x'] }, body: { ignore: ['$.a'] } },
    vary: ['body:$.id'],
  },
  'variables that are there are kept': {
    recorded: json({ id: UUIDS[0], at: 1700000000 }),
    actual: json({ id: UUIDS[1], at: 1712345678 }),
    first: 'body.at: recorded 1700000000, got 1712345678',
    line: 'vary: ["body:$.id", "body:$.at"]',
    vary: ['body:$.id'],
  },
  'the only parameters that count': {
    recorded: request('/items?a=1&b=1'),
    actual: request('/items?a=1&b=2'),
    first: 'query.b: recorded "1", got "2"',
    line: 'match: { query: { only: ["a"] } }',
    match: { query: { only: ['a', 'b'] } },
  },
  'a header that was added': {
    recorded: header('X-Tenant', 'a'),
    actual: header('x-tenant', 'b'),
    first: 'header.x-tenant: recorded "a", got "b"',
    line: 'match: { headers: [] }',
    match: { headers: ['x-tenant'] },
  },
  'a header that counts by itself, where others were added': {
    recorded: header('accept-language', 'en'),
    actual: header('accept-language', 'de'),
    first: 'header.accept-language: recorded "en", got "de"',
    line: `match: { headers: { only: ${JSON.stringify([...DEFAULT_HEADERS.filter((name) => name !== 'accept-language'), 'x-tenant']).replaceAll(',', ', ')} } }`,
    match: { headers: ['x-tenant'] },
  },
  'a parameter without a name': {
    recorded: request('/items?=1'),
    actual: request('/items?=2'),
    first: 'query[""]: recorded "1", got "2"',
    line: undefined,
  },
  'what a function makes of the body': {
    recorded: json({ a: 1, b: 2 }),
    actual: json({ a: 2, b: 2 }),
    first: String.raw`body: recorded "{\"a\":1,\"b\":2}", got "{\"a\":2,\"b\":2}"`,
    line: 'match: { method: true, body: { ignore: ["$.a"] } }',
    match: { method: true, body: ({ body }) => Buffer.from(body).toString() },
  },
  'what a function makes of the URL': {
    recorded: request('/v1/users/7'),
    actual: request('/v1/users/8'),
    first: 'url: recorded "/v1/users/7", got "/v1/users/8"',
    line: 'match: {}, vary: ["path:2"]',
    match: { url: ({ pathname }) => pathname },
  },
  'a body of which every byte counts': {
    recorded: post('{"a":1}', 'application/json'),
    actual: post('{ "a": 1 }', 'application/json'),
    first: 'body: recorded "{\\"a\\":1}", got "{ \\"a\\": 1 }"',
    line: 'match: {}',
    match: { body: 'exact' },
  },
  'what a function makes of the request': {
    recorded: header('x-tenant', 'a'),
    actual: header('x-tenant', 'b'),
    first: 'custom: recorded "[[\\"x-tenant\\",\\"a\\"]]", got "[[\\"x-tenant\\",\\"b\\"]]"',
    line: 'match: { query: { ignore: ["n"] } }',
    match: { query: { ignore: ['n'] }, custom: ({ headers }) => JSON.stringify(headers) },
  },
};

for (const [title, { recorded, actual, first, line, match, vary }] of Object.entries(nearMisses)) {
  test(`${title}: the first difference, and the line to paste`, () => {
    const inForce = new HttpMatch(match, vary);
    const explanation = explainMiss(actual, [known(recorded)], inForce);
    const text = missText(explanation).split('\n');
    assert.is(text[2]?.trim(), first);
    assert.is(explanation.suggestion, line);
    assert.is(text.at(-1)?.trim() === line, line !== undefined, 'the line is the last one');
    if (line !== undefined) {
      const options = { match, vary, ...pasted(line) };
      const changed = new HttpMatch(options.match, options.vary);
      assert.is.not(inForce.key(actual), inForce.key(recorded), 'a HIT already');
      assert.is(changed.key(actual), changed.key(recorded), 'the line does not help');
    }
  });
}

test.run();
