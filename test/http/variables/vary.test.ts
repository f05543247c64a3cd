import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { InvalidOptionError } from '../../../src/core/errors.js';
import type { HeaderPair, InteractionRequest, ResponseChunk } from '../../../src/core/interaction.js';
import { decodeBody } from '../../../src/http/coding/content-coding.js';
import { placeholder } from '../../../src/http/redaction/placeholder.js';
import { Bindings } from '../../../src/http/variables/vary.js';
import { failure } from '../../support/failure.js';
import { suite } from '../../support/suite.js';

const test = suite('Bindings');

const R = 'ada.1815@old.example';
const A = 'grace.1906@new.example';
const JSON_TYPE: HeaderPair = ['content-type', 'application/json'];

function post(value: unknown, target = 'http://api.test/users'): InteractionRequest {
  const body = new TextEncoder().encode(JSON.stringify({ email: value }));
  return { protocol: 'http', action: 'POST', target, headers: [JSON_TYPE], body };
}

function get(target: string, headers: readonly HeaderPair[] = []): InteractionRequest {
  return { protocol: 'http', action: 'GET', target, headers, body: new Uint8Array() };
}

function response(
  body: string | Uint8Array | readonly (string | Uint8Array)[],
  headers: readonly HeaderPair[] = [],
): ResponseChunk[] {
  const pieces = typeof body === 'string' || body instanceof Uint8Array ? [body] : body;
  return pieces.map((piece, sequence) => ({
    data: new Uint8Array(Buffer.from(piece)),
    sequence,
    metadata:
      sequence === 0
        ? [['status_code', '200'], ...headers.map(([name, value]) => [`header:${name}`, value] as const)]
        : [],
  }));
}

function texts(chunks: readonly ResponseChunk[]): string[] {
  return chunks.map(({ data }) => Buffer.from(data).toString());
}

/** What a response to the request that bound `from` to `to` becomes. */
function answered(
  from: unknown,
  to: unknown,
  body: string | Uint8Array | readonly (string | Uint8Array)[],
  headers: readonly HeaderPair[] = [],
): readonly ResponseChunk[] {
  const bindings = new Bindings(['body:$.email']);
  const own = bindings.learn(post(from), post(to));
  return bindings.substitute(response(body, headers), own);
}

const REPLACED: readonly (readonly [
  what: string,
  from: unknown,
  to: unknown,
  body: string,
  expected: string,
])[] = [
  ['a JSON string', R, A, `{"id":1,"email":"${R}"}`, `{"id":1,"email":"${A}"}`],
  ['each of several', R, A, `["${R}",{"a":["${R}"]}]`, `["${A}",{"a":["${A}"]}]`],
  ['a part of a JSON string', R, A, `{"m":"Hello, ${R}!"}`, `{"m":"Hello, ${A}!"}`],
  [
    'JSON with spaces and lines',
    R,
    A,
    `{\n  "a" : "${R}" ,\n "b": 1\n}\n`,
    `{\n  "a" : "${A}" ,\n "b": 1\n}\n`,
  ],
  ['a name of letters that is the whole string', 'Ada', 'Grace', '{"name":"Ada"}', '{"name":"Grace"}'],
  ['what JSON escapes', 'id-0001', 'say "hi"\\ \n', '{"a":"id-0001"}', '{"a":"say \\"hi\\"\\\\ \\n"}'],
  ['what was escaped in JSON', 'a "b" 12\\3', 'plain', '{"a":"a \\"b\\" 12\\\\3"}', '{"a":"plain"}'],
  ['Unicode that is escaped', 'caf\u00e9-1815', 'x', '{"a":"caf\\u00e9-1815"}', '{"a":"x"}'],
  [
    'Unicode that stands as it is',
    'caf\u00e9-1815',
    '\u00fc-1',
    '{"a":"caf\u00e9-1815"}',
    '{"a":"\u00fc-1"}',
  ],
  ['an emoji in ASCII JSON', 'user-0001', '\u{1f680}', '{"a":"user-0001"}', '{"a":"\\ud83d\\ude80"}'],
  ['after an emoji', R, A, `{"a":"\u{1f680}","b":"${R}"}`, `{"a":"\u{1f680}","b":"${A}"}`],
  ['a value that is an emoji among others', '\u{1f680}-1815-x', 'n', '["\u{1f680}-1815-x"]', '["n"]'],
  [
    'JSON inside a JSON string',
    R,
    'a"b@x.example',
    `{"raw":"{\\"e\\":\\"${R}\\"}"}`,
    '{"raw":"{\\"e\\":\\"a\\\\\\"b@x.example\\"}"}',
  ],
  ['a number', 1712345678901, 1812345678901, '{"at":1712345678901}', '{"at":1812345678901}'],
  [
    'a number of four digits',
    4711,
    4712,
    '[4711, 47110, 14711, 4711.5, -4711]',
    '[4712, 47110, 14711, 4711.5, -4711]',
  ],
  [
    'a number for a string and a string for a number',
    '4711',
    4712,
    '{"a":4711,"b":"4711"}',
    '{"a":4712,"b":"4712"}',
  ],
  ['a fraction', 21.505, 22.75, '[21.505,121.505]', '[22.75,121.505]'],
  [
    'NDJSON',
    R,
    'q"1@x',
    `{"e":"${R}"}\n{"e":"x"}\n{"e":"${R}"}\n`,
    '{"e":"q\\"1@x"}\n{"e":"x"}\n{"e":"q\\"1@x"}\n',
  ],
  [
    'the data of events',
    'Ada',
    'Gr"ace',
    'event: a\ndata: {"name":"Ada"}\n\n',
    'event: a\ndata: {"name":"Gr\\"ace"}\n\n',
  ],
  ['text between JSON lines', R, A, `start ${R}\n{"a":1}\nend ${R}`, `start ${A}\n{"a":1}\nend ${A}`],
  ['text', R, A, `<p>${R}, again (${R}).</p>`, `<p>${A}, again (${A}).</p>`],
  ['text that is nothing else', 'Ada', 'Grace', 'Ada\n', 'Grace\n'],
  ['a value of several lines in text', 'one 1\ntwo 2', 'x', '[one 1\ntwo 2]', '[x]'],
  [
    'a prefix that the server gives',
    'f00d-1815',
    'cafe-1906',
    'user_f00d-1815 user-f00d-1815',
    'user_cafe-1906 user-cafe-1906',
  ],
  [
    'percent-encoded in text',
    R,
    'a+b@new.example',
    `see /u?e=${encodeURIComponent(R)}&x=1`,
    'see /u?e=a%2Bb%40new.example&x=1',
  ],
  ['percent-encoded in small letters', 'a:b/1815', 'c:d/1906', 'u=a%3ab%2f1815', 'u=c%3ad%2f1906'],
  [
    'percent-encoded with a plus for a space',
    'Ada K 1815',
    'G H 1906',
    'name=Ada+K+1815&y',
    'name=G+H+1906&y',
  ],
  [
    'a value behind an escape',
    'order-1815',
    'order-1906',
    'next=%2Forders%2Forder-1815%3Fa',
    'next=%2Forders%2Forder-1906%3Fa',
  ],
  [
    'in a URL in JSON',
    'order-1815',
    'a b&c',
    '{"self":"http://x.test/order-1815?y=1"}',
    '{"self":"http://x.test/a%20b%26c?y=1"}',
  ],
  [
    'in a path in JSON',
    R,
    'a b@new.example',
    `{"self":"/users/${R}"}`,
    '{"self":"/users/a%20b@new.example"}',
  ],
  ['random letters', 'qwertzuiopasdfghjklyx', 'b', '{"t":"id qwertzuiopasdfghjklyx"}', '{"t":"id b"}'],
  [
    'keys of prototypes',
    '__proto__',
    'constructor',
    '{"a":"__proto__","__proto__":"__proto__"}',
    '{"a":"constructor","__proto__":"constructor"}',
  ],
  ['after a byte order mark', 'Ada', 'Grace', '\ufeff{"e":"Ada"}', '\ufeff{"e":"Grace"}'],
];

for (const [what, from, to, body, expected] of REPLACED) {
  test(`is replaced: ${what}`, () => {
    assert.equal(texts(answered(from, to, body)), [expected]);
  });
}

const KEPT: readonly (readonly [what: string, from: unknown, to: unknown, body: string | Uint8Array])[] = [
  ['nothing that is the same in both', R, R, `{"email":"${R}"}`],
  ['an empty value', '', 'x', '{"a":"","b":"a b"}'],
  ['one character', '1', '2', '{"a":"1","b":1,"c":"1 of 11"} '],
  ['two characters', 'en', 'de', '{"lang":"en"}'],
  ['a short number', 200, 201, '{"status":200}'],
  ['a number that a word must not become', 47110, 'abc', '{"a":47110}'],
  ['a word inside text', 'Ada', 'Grace', '{"m":"Hello, Ada!"}'],
  ['five characters inside text', 'ab-12', 'x', '{"m":"is ab-12 there"}'],
  ['a word in plain text', 'active', 'idle', 'is active now'],
  ['a short number inside text', 471100, 1, 'costs 471100 in all'],
  ['a part of a longer word', 'abc-123', 'x', '["abc-1234","0abc-123","éabc-123"]'],
  ['a number in a longer number', '12345678', '1', 'a 12345678.5 12345678,001 0.12345678 b'],
  ['the name of a member', R, A, `{"${R}":1,"${R}" : {"a":2}}`],
  ['other letters', 'Abc-1234', 'x', '["abc-1234","ABC-1234"]'],
  ['bytes that are no text', R, A, Buffer.from(`\u0000\u0014${R}`)],
  ['UTF-16', R, A, Buffer.from(`{"e":"${R}"}`, 'utf16le')],
  ['bytes that are no UTF-8 and of no named type', R, A, Buffer.from(`caf\xe9 ${R}`, 'latin1')],
  ['true, false and null', 'true-1', 'x', '[true,false,null]'],
  ['no body', R, A, ''],
];

for (const [what, from, to, body] of KEPT) {
  test(`is left alone, and the same chunks come back: ${what}`, () => {
    const bindings = new Bindings(['body:$.email']);
    const own = bindings.learn(post(from), post(to));
    const chunks = response(body);
    assert.is(bindings.substitute(chunks, own), chunks);
  });
}

const HEADERS: readonly (readonly [from: string, to: string, header: HeaderPair, expected: string])[] = [
  [
    R,
    'a+b@new.example',
    ['location', `/users?email=${encodeURIComponent(R)}`],
    '/users?email=a%2Bb%40new.example',
  ],
  ['id-1815', 'a b', ['location', 'users/id-1815'], 'users/a%20b'],
  ['id-1815', 'id-1906', ['ETag', 'W/"id-1815"'], 'W/"id-1906"'],
  ['id-1815', 'id-1906', ['set-cookie', 'sid=id-1815; Path=/u/id-1815'], 'sid=id-1906; Path=/u/id-1906'],
  [
    'id-1815',
    'id-1906',
    ['link', '<http://x.test/id-1815>; rel="self"'],
    '<http://x.test/id-1906>; rel="self"',
  ],
  ['Ada', 'Grace', ['x-user', 'Ada'], 'Grace'],
  ['Ada', 'Grace', ['x-user', 'by Ada'], 'by Ada'],
  ['caf\u00e9-1815', '\u00fc-1', ['x-user', 'caf\xc3\xa9-1815'], '\xc3\xbc-1'],
  ['12345678', '1234', ['content-length', '12345678'], '12345678'],
  ['gzip-1', 'br-1', ['Content-Encoding', 'gzip-1'], 'gzip-1'],
  ['id-1815', 'a\r\nset-cookie: b', ['x-id', 'id-1815'], 'id-1815'],
];

for (const [from, to, header, expected] of HEADERS) {
  test(`header ${header.join(': ')} becomes ${JSON.stringify(expected)}`, () => {
    const [chunk] = answered(from, to, '', [header]);
    assert.equal(chunk?.metadata, [
      ['status_code', '200'],
      [`header:${header[0]}`, expected],
    ]);
  });
}

test('trailers and interim headers follow, the status does not', () => {
  const bindings = new Bindings(['body:$.email']);
  const own = bindings.learn(post('id-1815'), post('id-1906'));
  const [chunk] = bindings.substitute(
    [
      {
        data: new Uint8Array(),
        sequence: 0,
        metadata: [
          ['interim:header:x-id', 'id-1815'],
          ['status_text', 'id-1815'],
          ['trailer:x-id', 'id-1815'],
        ],
      },
    ],
    own,
  );
  assert.equal(chunk?.metadata, [
    ['interim:header:x-id', 'id-1906'],
    ['status_text', 'id-1815'],
    ['trailer:x-id', 'id-1906'],
  ]);
});

const CHUNKED: readonly (readonly [
  what: string,
  from: string,
  to: string,
  body: string[],
  expected: string[],
])[] = [
  ['inside one', 'id-1815', 'id-19', ['a', ' id-1815 ', 'b'], ['a', ' id-19 ', 'b']],
  ['across two', 'id-1815', 'identity-1906', ['data: id-', '1815\n\n'], ['data: identity-1906', '\n\n']],
  ['across four', 'id-1815', 'x', ['<i', 'd-1', '', '815>', '!'], ['<x', '', '', '>', '!']],
  ['several', 'id-1815', 'abcdefgh', ['id-1815 id-18', '15 id-1815'], ['abcdefgh abcdefgh', ' abcdefgh']],
  [
    'in JSON',
    R,
    A,
    [`{"e":"${R.slice(0, 4)}`, `${R.slice(4)}","f":[`, ']}'],
    [`{"e":"${A}`, '","f":[', ']}'],
  ],
];

for (const [what, from, to, body, expected] of CHUNKED) {
  test(`chunks stay as many, their boundaries shift: ${what}`, () => {
    assert.equal(texts(answered(from, to, body)), expected);
  });
}

test('a boundary within a character stays where it was', () => {
  const [first, second] = answered('id-1815', 'x', [
    Buffer.from('{"id":"id-1815","name":"caf\xc3', 'latin1'),
    Buffer.from('\xa9 id-1815"}', 'latin1'),
  ]);
  assert.is(Buffer.from(first?.data ?? []).toString('latin1'), '{"id":"x","name":"caf\xc3');
  assert.is(Buffer.from(second?.data ?? []).toString('latin1'), '\xa9 x"}');
});

test('a body of bytes outside ASCII that calls itself text keeps them', () => {
  const [chunk] = answered('id-1815', 'x-1', Buffer.from('caf\xe9 id-1815 \xe9', 'latin1'), [
    ['content-type', 'text/plain; charset=iso-8859-1'],
  ]);
  assert.is(Buffer.from(chunk?.data ?? []).toString('latin1'), 'caf\xe9 x-1 \xe9');
});

for (const [coding, encode] of [
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
] as const) {
  test(`a body in ${coding} is decoded and encoded again`, () => {
    const headers: readonly HeaderPair[] = [['content-encoding', coding]];
    const chunks = answered(R, A, encode(`{"email":"${R}"}`), headers);
    const decoded = decodeBody(
      chunks.map((chunk) => chunk.data),
      headers,
    );
    assert.is(Buffer.concat(decoded?.chunks ?? []).toString(), `{"email":"${A}"}`);
  });
}

test('a compressed stream keeps its chunks', () => {
  const headers: readonly HeaderPair[] = [['content-encoding', 'gzip']];
  const whole = gzipSync('data: id-1815\n\ndata: b\n\n');
  const chunks = answered('id-1815', 'id-1906', [whole.subarray(0, 15), whole.subarray(15)], headers);
  assert.is(chunks.length, 2);
  assert.is(
    gunzipSync(Buffer.concat(chunks.map(({ data }) => data))).toString(),
    'data: id-1906\n\ndata: b\n\n',
  );
});

test('a compressed body that holds no value keeps its bytes', () => {
  const bindings = new Bindings(['body:$.email']);
  const own = bindings.learn(post(R), post(A));
  const chunks = response(gzipSync('{"a":1}', { level: 1 }), [['content-encoding', 'gzip']]);
  assert.is(bindings.substitute(chunks, own), chunks);
});

test('the recording itself stays as it was', () => {
  const chunks = response(`{"email":"${R}"}`, [['location', `/${R}`]]);
  const before = structuredClone(chunks);
  const bindings = new Bindings(['body:$.email']);
  assert.is.not(bindings.substitute(chunks, bindings.learn(post(R), post(A))), chunks);
  assert.equal(chunks, before);
});

const PLACES: readonly (readonly [
  place: string,
  recorded: InteractionRequest,
  actual: InteractionRequest,
])[] = [
  ['body:$.email', post('id-1815'), post('id-1906')],
  [
    'header:Idempotency-Key',
    get('http://x.test/', [['idempotency-key', 'id-1815']]),
    get('http://x.test/', [['IDEMPOTENCY-KEY', 'id-1906']]),
  ],
  ['query:nonce', get('http://x.test/?nonce=id-1815'), get('http://x.test/?a=1&nonce=id-1906')],
  ['path:1', get('http://x.test/users/id-1815'), get('http://x.test/users/id-1906')],
];

for (const [place, recorded, actual] of PLACES) {
  test(`a value comes from ${place}`, () => {
    const bindings = new Bindings([place]);
    const own = bindings.learn(recorded, actual);
    assert.equal(texts(bindings.substitute(response('{"x":"id-1815"}'), own)), ['{"x":"id-1906"}']);
  });
}

test('the value of a header is the text that its bytes are', () => {
  const withName = (name: string) => get('http://x.test/', [['x-name', name]]);
  const bindings = new Bindings(['header:x-name']);
  const own = bindings.learn(withName('caf\xc3\xa9'), withName('th\xc3\xa9'));
  assert.equal(texts(bindings.substitute(response('["caf\u00e9"]'), own)), ['["th\u00e9"]']);
});

test('of several values at one place each becomes its own', () => {
  const bindings = new Bindings(['query:id']);
  const own = bindings.learn(
    get('http://x.test/?id=id-0001&id=id-0002'),
    get('http://x.test/?id=id-0002&id=id-0001'),
  );
  assert.equal(texts(bindings.substitute(response('["id-0001","id-0002"]'), own)), ['["id-0002","id-0001"]']);
});

test('a place that only one of the requests has, or a different number of values, binds nothing', () => {
  const bindings = new Bindings(['query:id', 'query:other']);
  const own = bindings.learn(
    get('http://x.test/?id=a-00001&id=b-00001&other=c-00001'),
    get('http://x.test/?id=x-00001'),
  );
  assert.is(own.size, 0);
  const chunks = response('["a-00001","c-00001"]');
  assert.is(bindings.substitute(chunks, own), chunks);
});

test('a text that is no place is an error', async () => {
  const error = await failure(InvalidOptionError, () => new Bindings(['header:x', 'cookie:y']));
  assert.is(error.option, 'vary[1]');
});

// What lives on.

test('a value lives on: a later request is looked up with the recorded one, and its response has the actual one', () => {
  const bindings = new Bindings(['body:$.email']);
  bindings.learn(post(R), post(A));
  const later = get(`http://api.test/users?email=${encodeURIComponent(A)}`, [['x-for', A]]);
  assert.equal(
    bindings.asRecorded(later),
    get(`http://api.test/users?email=${encodeURIComponent(R)}`, [['x-for', R]]),
  );
  assert.equal(texts(bindings.substitute(response(`[{"email":"${R}"}]`))), [`[{"email":"${A}"}]`]);
});

test('a body is looked up with the recorded value too', () => {
  const bindings = new Bindings(['body:$.email']);
  bindings.learn(post(R), post(A));
  const { body } = bindings.asRecorded(post(A, 'http://api.test/login'));
  assert.is(Buffer.from(body).toString(), `{"email":"${R}"}`);
});

test('a request without such values is the same object', () => {
  const bindings = new Bindings(['body:$.email']);
  const request = get('http://api.test/users?email=other%40new.example');
  assert.is(bindings.asRecorded(request), request);
  bindings.learn(post(R), post(A));
  assert.is(bindings.asRecorded(request), request);
});

test('two that were made in one run are not mixed', () => {
  const bindings = new Bindings(['body:$.email']);
  const first = bindings.learn(post('user-0001@x'), post('user-0002@x'));
  const second = bindings.learn(post('user-0002@x'), post('user-0003@x'));
  const body = '["user-0001@x","user-0002@x"]';
  for (const own of [first, second, new Map()]) {
    assert.equal(texts(bindings.substitute(response(body), own)), ['["user-0002@x","user-0003@x"]']);
  }
  assert.is(
    bindings.asRecorded(get('http://x.test/user-0002@x/user-0003@x')).target,
    'http://x.test/user-0001@x/user-0002@x',
  );
});

test('the longest value counts where several begin', () => {
  const bindings = new Bindings(['body:$.email']);
  bindings.learn(post('user-1'), post('A-1'));
  bindings.learn(post('user-1-of-2'), post('B-1'));
  assert.equal(texts(bindings.substitute(response('user-1 user-1-of-2'))), ['A-1 B-1']);
});

test('a value that only looks distinctive in its own exchange is not carried to others', () => {
  const bindings = new Bindings(['body:$.email']);
  const own = bindings.learn(post('Ada'), post('Grace'));
  const chunks = response('{"name":"Ada"}');
  assert.is(bindings.substitute(chunks), chunks);
  assert.equal(texts(bindings.substitute(chunks, own)), ['{"name":"Grace"}']);
  const request = get('http://x.test/?name=Grace');
  assert.is(bindings.asRecorded(request), request);
});

test('a plain word of this run is not taken for the recorded value', () => {
  const bindings = new Bindings(['body:$.email']);
  bindings.learn(post('user-0001'), post('users'));
  for (const request of [get('http://x.test/users'), post('users', 'http://x.test/login')]) {
    assert.is(bindings.asRecorded(request), request);
  }
  assert.equal(texts(bindings.substitute(response('["user-0001"]'))), ['["users"]']);
});

test('a repeated request: the latest value counts later, the own one for its own response', () => {
  const bindings = new Bindings(['body:$.email']);
  const first = bindings.learn(post('user-0001'), post('one-0001'));
  bindings.learn(post('user-0001'), post('two-0002'));
  assert.equal(texts(bindings.substitute(response('["user-0001"]'))), ['["two-0002"]']);
  assert.equal(texts(bindings.substitute(response('["user-0001"]'), first)), ['["one-0001"]']);
  const old = get('http://x.test/one-0001');
  assert.is(bindings.asRecorded(old), old);
});

test('a value learned twice stays', () => {
  const bindings = new Bindings(['body:$.email']);
  bindings.learn(post(R), post(A));
  bindings.learn(post(R), post(A));
  assert.is(bindings.asRecorded(get(`http://x.test/${A}`)).target, `http://x.test/${R}`);
});

test('a value that is now what it was when recorded is bound no more', () => {
  const bindings = new Bindings(['body:$.email']);
  bindings.learn(post(R), post(A));
  bindings.learn(post(R), post(R));
  const chunks = response(`["${R}"]`);
  assert.is(bindings.substitute(chunks), chunks);
});

test('one value for two recorded ones: looked up with the last, both are replaced', () => {
  const bindings = new Bindings(['body:$.email']);
  bindings.learn(post('user-0001'), post('same-0001'));
  bindings.learn(post('user-0002'), post('same-0001'));
  assert.is(bindings.asRecorded(get('http://x.test/same-0001')).target, 'http://x.test/user-0002');
  assert.equal(texts(bindings.substitute(response('["user-0001","user-0002"]'))), [
    '["same-0001","same-0001"]',
  ]);
});

test('a value that is redacted is no variable', () => {
  const bindings = new Bindings(['header:authorization', 'body:$.email']);
  const secret = placeholder('b7Gq2ZrT9xWv4LmN8kPc');
  const withKey = (email: string, key: string) => ({
    ...post(email),
    headers: [JSON_TYPE, ['authorization', key] as const],
  });
  for (const [before, now] of [
    [secret, 'Xk3vQ9mZ1wRt7YbN5cLp'],
    [`Bearer ${secret}`, 'Bearer Xk3vQ9mZ1wRt7YbN5cLp'],
    ['Bearer Xk3vQ9mZ1wRt7YbN5cLp', `Bearer ${secret}`],
  ] as const) {
    assert.equal([...bindings.learn(withKey('a@1', before), withKey('b@1', now))], [['a@1', 'b@1']]);
  }
});

test('of very many values the oldest give way', () => {
  const bindings = new Bindings(['path:0']);
  for (let n = 0; n < 10_001; n++) {
    bindings.learn(get(`http://x.test/user-${100_000 + n}`), get(`http://x.test/${n}-actual`));
  }
  assert.equal(texts(bindings.substitute(response('["user-100000","user-100001","user-110000"]'))), [
    '["user-100000","1-actual","10000-actual"]',
  ]);
  assert.is(
    bindings.asRecorded(get('http://x.test/a/0-actual/1-actual')).target,
    'http://x.test/a/0-actual/user-100001',
  );
});

test('a value that is there very often', () => {
  const body = (value: string) => `${'x '.repeat(10)}\n[${Array(130_000).fill(`"${value}"`).join()}]\n`;
  for (const make of [body, (value: string) => `${value}\n`.repeat(130_000)]) {
    assert.is(texts(answered('id-1815', 'id-1906', make('id-1815')))[0], make('id-1906'));
  }
});

test('very many values in a large body are found in a time that does not multiply', () => {
  const bindings = new Bindings(['path:0']);
  for (let n = 0; n < 5000; n++) {
    bindings.learn(get(`http://x.test/test-user-${n}-x`), get(`http://x.test/actual-${n}`));
  }
  const ids = Array.from({ length: 20_000 }, (_, n) => `test-user-${n}-x`);
  const [text = ''] = texts(bindings.substitute(response(JSON.stringify(ids))));
  const found = JSON.parse(text) as string[];
  assert.is(found[4999], 'actual-4999');
  assert.is(found[5000], 'test-user-5000-x');
});

test.run();
