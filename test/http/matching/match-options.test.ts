import * as assert from 'uvu/assert';
import { InvalidOptionError } from '../../../src/core/errors.js';
import type { HeaderPair, InteractionRequest } from '../../../src/core/interaction.js';
import { HttpMatch, type MatchOptions } from '../../../src/http/matching/match.js';
import { suite } from '../../support/suite.js';

const test = suite('match options');

function request(target: string, body = '', contentType = '', ...headers: HeaderPair[]): InteractionRequest {
  const all: HeaderPair[] = contentType === '' ? headers : [['content-type', contentType], ...headers];
  return {
    protocol: 'http',
    action: body === '' ? 'GET' : 'POST',
    target,
    headers: all,
    body: Buffer.from(body),
  };
}

const get = (query: string, ...headers: HeaderPair[]) =>
  request(`http://api.test/x?${query}`, '', '', ...headers);
const json = (value: unknown) => request('http://api.test/x', JSON.stringify(value), 'application/json');
const form = (text: string) => request('http://api.test/x', text, 'application/x-www-form-urlencoded');
const multipart = (boundary: string, ...fields: [name: string, value: string, more?: string][]) => {
  const parts = fields.map(
    ([name, value, more = '']) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`,
  );
  return request(
    'http://api.test/x',
    `${parts.join('')}--${boundary}--`,
    `multipart/form-data; boundary=${boundary}`,
  );
};

interface Row {
  readonly match?: MatchOptions;
  readonly vary?: readonly string[];
  readonly same?: readonly (readonly [InteractionRequest, InteractionRequest])[];
  readonly different?: readonly (readonly [InteractionRequest, InteractionRequest])[];
}

const rows: Record<string, Row> = {
  'method: false': {
    match: { method: false },
    same: [[get(''), { ...get(''), action: 'HEAD' }]],
    different: [[get('a'), { ...get('b'), action: 'HEAD' }]],
  },
  'url: false leaves the query': {
    match: { url: false },
    same: [[request('http://a.test/x?a=1'), request('https://b.test/y/z?a=1')]],
    different: [[request('http://a.test/x?a=1'), request('http://a.test/x?a=2')]],
  },
  'url: a function gets the URL without its query': {
    match: { url: (url) => url.href.replace(/staging\./, '') },
    same: [[request('http://staging.api.test/x?b=1&a=1'), request('http://u:p@api.test/x?a=1&b=1#c')]],
    different: [
      [request('http://api.test/x'), request('http://api.test/y')],
      [request('http://api.test/x?a'), request('http://api.test/x?b')],
      [request('no url'), request('no other url')],
    ],
  },
  'query.ignore, by decoded names': {
    match: { query: { ignore: ['ts', 'a b'] } },
    same: [[get('a=1&ts=1&a+b=1'), get('ts=2&ts=3&a=1&a%20b=2')]],
    different: [[get('TS=1'), get('TS=2')]],
  },
  'query.only': {
    match: { query: { only: ['a'] } },
    same: [[get('a=1&b=1'), get('c&a=1')]],
    different: [[get('a=1'), get('a=2')]],
  },
  'query.only nothing': { match: { query: { only: [] } }, same: [[get('a=1&b=1'), get('')]] },
  'query.only and query.ignore': {
    match: { query: { only: ['a', 'b'], ignore: ['b'] } },
    same: [[get('a=1&b=1'), get('a=1&b=2&c')]],
  },
  'headers: more of them, in any case': {
    match: { headers: ['Authorization'] },
    same: [[get('', ['x-a', '1']), get('', ['x-a', '2'])]],
    different: [
      [get('', ['authorization', 'Bearer 1']), get('', ['AUTHORIZATION', 'Bearer 2'])],
      [get('', ['accept', 'a/a']), get('', ['accept', 'b/b'])],
    ],
  },
  'headers.ignore': {
    match: { headers: { ignore: ['Accept'] } },
    same: [[get('', ['accept', 'a/a']), get('', ['accept', 'b/b'])]],
    different: [[get('', ['range', 'bytes=0-1']), get('', ['range', 'bytes=0-2'])]],
  },
  'headers.only': {
    match: { headers: { only: ['X-Tenant'] } },
    same: [[get('', ['accept', 'a/a'], ['x-tenant', '1']), get('', ['x-tenant', '1'])]],
    different: [[get('', ['x-tenant', '1']), get('', ['x-tenant', '2'])]],
  },
  "body: 'exact'": {
    match: { body: 'exact' },
    same: [[json({ a: 1 }), json({ a: 1 })]],
    different: [
      [json({ a: 1, b: 2 }), json({ b: 2, a: 1 })],
      [form('a=1&b=2'), form('b=2&a=1')],
      [multipart('A', ['f', 'v']), multipart('B', ['f', 'v'])],
    ],
  },
  "body: 'ignore'": {
    match: { body: 'ignore' },
    same: [[json({ a: 1 }), json([2])]],
  },
  'body.ignore in JSON': {
    match: { body: { ignore: ['$.email', '$.items[*].id', '$..at'] } },
    same: [
      [
        json({ email: 'a', items: [{ id: 1, n: 1 }], x: { at: 1 } }),
        json({ x: { at: { y: 2 } }, items: [{ n: 1 }], email: 2 }),
      ],
      [json({ email: 'a' }), json({})],
    ],
    different: [
      [json({ items: [{ id: 1, n: 1 }] }), json({ items: [{ id: 1, n: 2 }] })],
      [json({ user: { email: 'a' } }), json({ user: { email: 'b' } })],
      [json({ items: [{ id: 1 }] }), json({ items: [{ id: 1 }, { id: 2 }] })],
    ],
  },
  'body.ignore in forms': {
    match: { body: { ignore: ['$.nonce', '$.data.id'] } },
    same: [
      [form('a=1&nonce=1'), form('a=1&nonce=2&nonce')],
      [multipart('A', ['f', 'v'], ['nonce', '1']), multipart('B', ['f', 'v'], ['nonce', '{"a":2}'])],
      [
        multipart('A', ['nonce', '\xff', '; filename="x"\r\nContent-Type: a/b']),
        multipart('A', ['nonce', '1']),
      ],
      [multipart('A', ['data', '{"id":1,"x":1}']), multipart('A', ['data', '{"id":2,"x":1}'])],
    ],
    different: [
      [form('a=1&nonce=1'), form('a=2&nonce=1')],
      [multipart('A', ['f', 'v']), multipart('A', ['f', 'w'])],
      [multipart('A', ['data', '{"id":1,"x":1}']), multipart('A', ['data', '{"id":1,"x":2}'])],
    ],
  },
  'body: a function': {
    match: { body: ({ body }) => String(body.byteLength) },
    same: [[json('ab'), json('cd')]],
    different: [[json('ab'), json('abc')]],
  },
  custom: {
    match: { custom: ({ headers }) => headers.find(([name]) => name === 'x-user')?.[1].slice(0, 1) ?? '' },
    same: [[get('', ['x-user', 'a1']), get('', ['x-user', 'a2'])]],
    different: [[get('', ['x-user', 'a1']), get('', ['x-user', 'b1'])]],
  },

  'vary a place in JSON': {
    vary: ['body:$.email', 'body:$.items[*].id'],
    same: [[json({ email: 'a', items: [{ id: 1 }] }), json({ email: 'b', items: [{ id: 'x' }] })]],
    different: [
      [json({ email: 'a' }), json({})],
      [json({ email: 'a' }), json({ email: null })],
      [json({ email: 'a' }), json({ email: { a: 1 } })],
      [json({ email: 'a', b: 1 }), json({ email: 'a', b: 2 })],
    ],
  },
  'vary a field': {
    vary: ['body:$.nonce'],
    same: [
      [form('a=1&nonce=1'), form('nonce=2&a=1')],
      [multipart('A', ['nonce', 'x']), multipart('B', ['nonce', 'y'])],
    ],
    different: [
      [form('a=1&nonce=1'), form('a=1')],
      [form('nonce'), form('nonce=1')],
      [multipart('A', ['nonce', 'x']), multipart('B', ['nonce2', 'x'])],
    ],
  },
  'vary a header that does not count': {
    vary: ['header:Idempotency-Key'],
    same: [
      [get('', ['idempotency-key', '1']), get('', ['idempotency-key', '2'])],
      [get('', ['idempotency-key', '1']), get('')],
    ],
  },
  'vary a header that counts': {
    match: { headers: ['idempotency-key'] },
    vary: ['header:Idempotency-Key'],
    same: [[get('', ['idempotency-key', '1']), get('', ['idempotency-key', '2'])]],
    different: [[get('', ['idempotency-key', '1']), get('')]],
  },
  'vary a query parameter': {
    vary: ['query:nonce'],
    same: [[get('nonce=1&a=1'), get('a=1&nonce=2')]],
    different: [
      [get('nonce=1'), get('')],
      [get('nonce=1'), get('nonce')],
      [get('nonce=1'), get('nonce=1&nonce=2')],
      [get('nonce=1&a=1'), get('nonce=1&a=2')],
    ],
  },
  'vary a segment of the path': {
    vary: ['path:1'],
    same: [[request('http://api.test/users/1/posts'), request('http://api.test/users/%41/posts')]],
    different: [
      [request('http://api.test/users/1/posts'), request('http://api.test/users/1/likes')],
      [request('http://api.test/users/1'), request('http://api.test/users/1/posts')],
      [request('http://api.test/users/1'), request('http://api.test/users/')],
      [request('http://api.test/users/1'), request('http://api.test/users')],
    ],
  },
};

for (const [title, { match, vary, same = [], different = [] }] of Object.entries(rows)) {
  test(title, () => {
    const { key } = keyOf(match, vary);
    for (const [index, [a, b]] of same.entries()) {
      assert.is(key(a), key(b), `same[${index}]`);
    }
    for (const [index, [a, b]] of different.entries()) {
      assert.is.not(key(a), key(b), `different[${index}]`);
    }
  });
}

function keyOf(match?: MatchOptions, vary?: readonly string[]) {
  const policy = new HttpMatch(match, vary);
  return { key: (of: InteractionRequest) => policy.key(of) };
}

test('what does not count is absent in the parts', () => {
  const match = new HttpMatch(
    { method: false, url: false, query: { ignore: ['a'] }, body: 'ignore', custom: () => 'c' },
    ['query:b'],
  );
  assert.equal(match.parts(request('http://api.test/x?a=1&b=2', '{}', 'application/json')), {
    query: [['b', '(varies)']],
    headers: [['content-type', 'application/json']],
    body: { kind: 'none' },
    custom: 'c',
  });
});

test('counts() tells which headers tell requests apart', () => {
  const match = new HttpMatch({ headers: ['X-Api-Key', 'x-b'] }, ['header:x-b']);
  assert.equal(
    ['accept', 'x-api-key', 'x-b', 'authorization'].map((name) => match.counts(name)),
    [true, true, false, false],
  );
});

test('all but functions can come from JSON', () => {
  const options = JSON.parse(
    '{"method":true,"url":false,"query":{"ignore":["a"]},"headers":{"only":["b"]},"body":{"ignore":["$.c"]}}',
  );
  new HttpMatch(options, JSON.parse('["body:$.d"]'));
});

const invalid: Record<string, readonly [option: string, match: unknown, vary?: unknown]> = {
  'a text for options': ['match', 'json'],
  'null for options': ['match', null],
  'a list for options': ['match', []],
  'an unknown member': ['match.path', { path: true }],
  'a member of prototypes': ['match.constructor', { constructor: 1 }],
  'a method by name': ['match.method', { method: 'GET' }],
  'a text for url': ['match.url', { url: 'http://a' }],
  'a list for query': ['match.query', { query: ['a'] }],
  'an unknown member of query': ['match.query.skip', { query: { skip: [] } }],
  'a text for query.ignore': ['match.query.ignore', { query: { ignore: 'a' } }],
  'a number in query.only': ['match.query.only[1]', { query: { only: ['a', 1] } }],
  'a text for headers': ['match.headers', { headers: 'accept' }],
  'an empty name in headers': ['match.headers[0]', { headers: [''] }],
  'an unknown member of headers': ['match.headers.add', { headers: { add: ['a'] } }],
  'an unknown word for body': ['match.body', { body: 'text' }],
  'null for body': ['match.body', { body: null }],
  'a list for body': ['match.body', { body: ['$.a'] }],
  'an unknown member of body': ['match.body.only', { body: { only: ['$.a'] } }],
  'a path that is none': ['match.body.ignore[1]', { body: { ignore: ['$.a', 'b'] } }],
  'a number as a path': ['match.body.ignore[0]', { body: { ignore: [1] } }],
  'a text for custom': ['match.custom', { custom: 'x' }],
  'a text for vary': ['vary', {}, 'body:$.a'],
  'a place that is none': ['vary[1]', {}, ['query:a', 'a']],
  'a place in a body that counts byte for byte': ['vary[1]', { body: 'exact' }, ['query:a', 'body:$.a']],
};

for (const [title, [option, match, vary]] of Object.entries(invalid)) {
  test(`${title} is an invalid ${option}`, () => {
    assert.is(
      optionOf(() => new HttpMatch(match as MatchOptions, vary as string[])),
      option,
    );
  });
}

for (const name of ['url', 'body', 'custom'] as const) {
  test(`a function for ${name} that gives no string`, () => {
    const match = new HttpMatch({ [name]: () => undefined } as never);
    assert.is(
      optionOf(() => match.key(json({}))),
      `match.${name}`,
    );
  });
}

function optionOf(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    assert.instance(error, InvalidOptionError);
    return (error as InvalidOptionError).option;
  }
  return undefined;
}

test.run();
