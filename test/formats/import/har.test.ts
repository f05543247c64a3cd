import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { answer, harEntry, harFile, imported, lostFrom, problemOf, requests } from './files.js';

const test = suite('import: HAR');

const headers = (...pairs: readonly (readonly [string, string])[]) =>
  pairs.map(([name, value]) => ({ name, value }));

test('an exchange is what a recording of it would be', () => {
  const { interactions, lost } = imported(harFile(harEntry()));
  assert.equal(lost, []);
  const [interaction] = interactions;
  assert.equal(
    { ...interaction?.request, body: interaction?.request.body.byteLength },
    {
      protocol: 'http',
      action: 'GET',
      target: 'https://api.example.com/users/7',
      headers: [['accept', '*/*']],
      body: 0,
    },
  );
  const { head, text } = answer(interaction);
  assert.equal(head, { statusCode: 200, statusText: 'OK', headers: [['content-type', 'application/json']] });
  assert.is(text, '{"id":7}');
  assert.equal(interaction?.metadata, [
    ['recorded_at', '2026-11-20T09:00:00.000Z'],
    ['ended', 'whole'],
    ['answered_after_ms', '10'],
    ['ended_after_ms', '13'],
  ]);
});

test('entries go in the order in which they began, equal times in that of the file', () => {
  const at = (second: number, path: string) =>
    harEntry({
      startedDateTime: `2026-11-20T10:00:0${second}Z`,
      request: { url: `https://a.example/${path}` },
    });
  assert.equal(requests(imported(harFile(at(2, 'c'), at(1, 'a'), at(2, 'd'), at(1, 'b')))), [
    'GET https://a.example/a',
    'GET https://a.example/b',
    'GET https://a.example/c',
    'GET https://a.example/d',
  ]);
  const { startedDateTime: _, ...undated } = harEntry() as { startedDateTime: string };
  assert.equal(
    requests(imported(harFile(at(2, 'c'), undated, at(1, 'a')))).map((one) => one.at(-1)),
    ['c', '7', 'a'],
  );
});

for (const coding of ['gzip', 'deflate', 'br', 'gzip, br', 'X-GZIP']) {
  test(`a decoded body with content-encoding: ${coding} can be decoded again`, () => {
    const encoded = harEntry({ response: { headers: headers(['content-encoding', coding]) } });
    const { interactions } = imported(harFile(encoded));
    const { body, text } = answer(interactions[0]);
    assert.is(text, '{"id":7}');
    assert.is.not(Buffer.concat(body).toString(), text);
  });
}

test('a body in base64 that is still encoded stays as it is', () => {
  const wire = gzipSync('{"id":7}');
  const entry = harEntry({
    response: { headers: headers(['content-encoding', 'gzip']) },
    content: { text: wire.toString('base64'), encoding: 'base64' },
  });
  const { body } = answer(imported(harFile(entry)).interactions[0]);
  assert.equal(Buffer.concat(body), wire);
});

test('a coding that nobody knows: the header goes, and that is listed', () => {
  const entry = harEntry({ response: { headers: headers(['content-encoding', 'sdch']) } });
  const file = imported(harFile(entry));
  assert.equal(answer(file.interactions[0]).head?.headers, []);
  assert.is(answer(file.interactions[0]).text, '{"id":7}');
  assert.equal(lostFrom(file), ['1 content-encoding']);
});

const charsets: readonly (readonly [label: string, text: string, bytes: number[]])[] = [
  ['iso-8859-2', 'ž', [0xbe]],
  ['iso-8859-1', 'é', [0xe9]],
  ['utf-16le', 'é', [0xe9, 0]],
  ['utf-8', 'é', [0xc3, 0xa9]],
];
for (const [label, text, bytes] of charsets) {
  test(`a text in ${label} is its bytes in that charset`, () => {
    const entry = harEntry({
      response: { headers: headers(['content-type', `text/plain; charset=${label}`]) },
      content: { text },
    });
    assert.equal([...Buffer.concat(answer(imported(harFile(entry)).interactions[0]).body)], bytes);
  });
}

test('a text that its charset has not: UTF-8, said in the header, and listed', () => {
  const entry = harEntry({
    response: { headers: headers(['content-type', 'text/plain; charset="shift_jis"; x=1']) },
    content: { text: '日' },
  });
  const file = imported(harFile(entry));
  const { head, text } = answer(file.interactions[0]);
  assert.is(text, '日');
  assert.equal(head?.headers, [['content-type', 'text/plain; charset=utf-8; x=1']]);
  assert.equal(lostFrom(file), ['1 charset']);
});

test('what Chromium writes: pseudo-headers, lines of one header in one value, a fragment, HTTP/2', () => {
  const file = imported(
    harFile(
      harEntry({
        _initiator: { type: 'other' },
        _priority: 'High',
        request: {
          url: 'https://api.example.com/users/7#top',
          httpVersion: 'http/2.0',
          headers: headers([':authority', 'api.example.com'], ['accept', 'text/html']),
        },
        response: {
          httpVersion: 'http/2.0',
          headers: headers(['set-cookie', 'a=1; Path=/\nb=2']),
          _transferSize: 100,
        },
      }),
    ),
  );
  assert.equal(requests(file), ['GET https://api.example.com/users/7']);
  assert.equal(file.interactions[0]?.request.headers, [['accept', 'text/html']]);
  assert.equal(answer(file.interactions[0]).head?.headers, [
    ['set-cookie', 'a=1; Path=/'],
    ['set-cookie', 'b=2'],
  ]);
  assert.equal(lostFrom(file), ['1 httpVersion']);
});

test('a form without a text is put together', () => {
  const params = [
    { name: 'user', value: 'ada' },
    { name: 'a b', value: '&' },
  ];
  const mimeType = 'application/x-www-form-urlencoded';
  const entry = harEntry({ request: { method: 'POST', postData: { mimeType, params } } });
  const [interaction] = imported(harFile(entry)).interactions;
  assert.is(Buffer.from(interaction?.request.body ?? []).toString(), 'user=ada&a+b=%26');
});

const leftOut: readonly (readonly [title: string, entry: object, why: RegExp])[] = [
  ['a body that the file does not hold', harEntry({ content: { text: undefined } }), /response had a body/],
  ['an empty text of a body that had a size', harEntry({ content: { text: '' } }), /response had a body/],
  ['a posted body that is not there', harEntry({ request: { bodySize: 5 } }), /request had a body/],
  [
    'files that were posted',
    harEntry({ request: { postData: { mimeType: 'multipart/form-data', params: [{ name: 'a' }] } } }),
    /request had a body/,
  ],
  ['a request without an answer', harEntry({ response: { status: 0 } }), /no response/],
  ['a WebSocket', harEntry({ response: { status: 101 } }), /another protocol/],
  ['a data: URL', harEntry({ request: { url: 'data:text/plain,x' } }), /no exchange of http/],
];
for (const [title, entry, why] of leftOut) {
  test(`${title}: the entry is left out and listed, the others are not`, () => {
    const { interactions, lost } = imported(harFile(entry, harEntry()));
    assert.is(interactions.length, 1);
    assert.equal(
      lost.map(({ entry: number, what }) => [number, what]),
      [[1, 'entry']],
    );
    assert.match(lost[0]?.why ?? '', why);
  });
}

for (const [method, status] of [
  ['HEAD', 200],
  ['GET', 204],
  ['GET', 304],
] as const) {
  test(`${method} with ${status} has no body, whatever its size is said to be`, () => {
    const file = imported(
      harFile(
        harEntry({
          request: { method },
          response: { status, headers: headers(['content-encoding', 'gzip'], ['content-length', '8']) },
          content: { text: undefined },
        }),
      ),
    );
    const { head, body } = answer(file.interactions[0]);
    assert.is(head?.statusCode, status);
    assert.is(Buffer.concat(body).byteLength, 0);
    assert.equal(file.lost, []);
  });
}

const malformed: readonly (readonly [title: string, file: unknown, problem: string])[] = [
  ['entries that are none', { log: { entries: [7] } }, 'entry 1: it is not an object'],
  ['no request', harFile({ response: {} }), 'entry 1: it.request is not an object'],
  [
    'a method of the wrong type',
    harFile(harEntry({ request: { method: 7 } })),
    'it.request.method is not a text',
  ],
  ['a method that is none', harFile(harEntry({ request: { method: 'GET /' } })), 'its method is no method'],
  ['a URL that is none', harFile(harEntry({ request: { url: '/users' } })), 'not an absolute one'],
  ['a status that is none', harFile(harEntry({ response: { status: 1000 } })), 'its status is none'],
  ['a status in a text', harFile(harEntry({ response: { status: '200' } })), 'status is not a whole number'],
  ['headers that are an object', harFile(harEntry({ response: { headers: {} } })), 'headers is not a list'],
  [
    'a header that would begin another',
    harFile(harEntry({ response: { headers: headers(['x', 'a\r\nb: c']) } })),
    'it.response.headers[0] has control characters',
  ],
  [
    'a header whose name is none',
    harFile(harEntry({ response: { headers: headers(['a b', 'c']) } })),
    'it.response.headers[0] has a name that is none',
  ],
  ['an unknown encoding', harFile(harEntry({ content: { encoding: 'rot13' } })), 'encoding is not base64'],
  ['base64 that is none', harFile(harEntry({ content: { encoding: 'base64', text: '%' } })), 'is not base64'],
  ['a time that is none', harFile(harEntry({ startedDateTime: 'noon' })), 'startedDateTime is no time'],
  [
    'the second of two',
    harFile(harEntry(), { ...harEntry(), request: null }),
    'entry 2: it.request is not an object',
  ],
  [
    'a text in the place of postData',
    harFile(harEntry({ request: { postData: 'x' } })),
    'postData is not an object',
  ],
  ['a time of the wrong type', harFile(harEntry({ timings: { wait: 'x' } })), 'timings.wait is not a number'],
];
for (const [title, file, problem] of malformed) {
  test(`${title}: one line that names file and entry`, () => {
    const message = problemOf(file, { format: 'har' });
    assert.match(message, 'Cannot import recorded.json: entry ');
    assert.match(message, problem);
    assert.not.match(message, '\n');
  });
}

test('what an export of this library wrote, and somebody broke, is an error too', () => {
  const broken = (extra: unknown, more: object = {}) =>
    problemOf(harFile(harEntry({ _interposition: extra, ...more })));
  assert.match(broken(7), '_interposition is not an object');
  assert.match(broken({}), '_interposition.metadata is not a list');
  assert.match(broken({ metadata: [['a']] }), 'not a [name, value] pair');
  assert.match(broken({ metadata: [], chunks: 'x' }), '"chunks" is not a list');
  assert.match(broken({ metadata: [], encoding: 'rot13' }), 'unknown "encoding"');
  assert.match(broken({ metadata: [], requestBody: '%' }), 'is not base64');
  assert.match(broken({ metadata: [] }, { response: { status: 0, headers: [] } }), 'status_code');
});

test.run();
