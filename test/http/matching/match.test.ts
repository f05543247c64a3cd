import * as assert from 'uvu/assert';
import type { HeaderPair, InteractionRequest } from '../../../src/core/interaction.js';
import { HttpMatch } from '../../../src/http/matching/match.js';
import { suite } from '../../support/suite.js';

const test = suite('httpMatchKey');
const match = new HttpMatch();
const httpMatchKey = (request: InteractionRequest) => match.key(request);

function post(body: string | Uint8Array, contentType?: string, more: Partial<InteractionRequest> = {}) {
  return {
    protocol: 'http',
    action: 'POST',
    target: 'http://api.test/items?a=1',
    headers: contentType === undefined ? [] : ([['Content-Type', contentType]] as const),
    body: Buffer.from(body),
    ...more,
  };
}

const at = (target: string): InteractionRequest => post('', undefined, { action: 'GET', target });
const query = (text: string) => at(`https://api.test/x?${text}`);
const withHeaders = (...headers: HeaderPair[]) => post('', undefined, { headers });
const json = (text: string, contentType = 'application/json') => post(text, contentType);
const urlencoded = (text: string) => post(text, 'application/x-www-form-urlencoded');

/** A form of one field, as clients send it. */
function form(boundary: string, value: string, eol = '\r\n', more = ''): string {
  const head = `Content-Disposition: form-data; name="field"${more}`;
  return [`--${boundary}`, head, '', value, `--${boundary}--`, ''].join(eol);
}

const type = (boundary: string) => `multipart/form-data; boundary=${boundary}`;

/** The query of a URL that was signed at another time. */
const s3 = (time: string) =>
  'https://bucket.s3.eu-central-1.amazonaws.com/a%20b.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256' +
  `&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&X-Amz-Credential=AKIDEXAMPLE%2F${time.slice(0, 8)}%2Feu-central-1%2Fs3%2Faws4_request` +
  `&X-Amz-Date=${time}&X-Amz-Expires=900&X-Amz-Security-Token=t${time}&X-Amz-Signature=f00${time}` +
  '&X-Amz-SignedHeaders=host&x-id=GetObject';
const gcs = (time: string) =>
  'https://storage.googleapis.com/bucket/cat.jpeg?X-Goog-Algorithm=GOOG4-RSA-SHA256' +
  `&X-Goog-Credential=example%40example-project.iam.gserviceaccount.com%2F${time.slice(0, 8)}%2Fauto%2Fstorage%2Fgoog4_request` +
  `&X-Goog-Date=${time}&X-Goog-Expires=900&X-Goog-SignedHeaders=host&X-Goog-Signature=247a${time}`;
const azure = (time: string, more = '') =>
  `https://account.blob.core.windows.net/c/blob.txt?sp=r&st=${time}&se=${time}1&spr=https&sv=2022-11-02&sr=b&sig=Z%2F${time}${more}`;

const same: Record<string, readonly [InteractionRequest, InteractionRequest]> = {
  'a form of two boundaries under the type of another': [
    urlencoded(form('one', 'a')),
    urlencoded(form('two', 'a')),
  ],
  'requests that differ in headers that do not count': [
    withHeaders(['x-request-id', '1'], ['user-agent', 'node'], ['accept-encoding', 'gzip']),
    withHeaders(['traceparent', '00-1'], ['authorization', 'Bearer x'], ['cookie', 'a=b']),
  ],
  'the headers that fetch adds, and none': [
    withHeaders(['accept', '*/*'], ['accept-language', '*'], ['sec-fetch-mode', 'cors']),
    withHeaders(),
  ],
  'headers in another order, case and with spaces around': [
    withHeaders(['Accept', 'a/b'], ['Range', 'bytes=0-1']),
    withHeaders(['range', ' bytes=0-1 '], ['accept', 'a/b']),
  ],
  'spellings of a content-type': [
    post('a', 'Text/Plain;Charset="UTF-8" ; Format=flowed'),
    post('a', 'text/plain; format=flowed; charset=utf-8'),
  ],
  'the charset utf-8 and none': [post('a', 'text/plain;charset=UTF-8'), post('a', 'text/plain')],

  'query parameters in another order': [query('b=2&a=1'), query('a=1&b=2')],
  'a plus, %20 and other case of an escape': [query('a=x+y%c3%a9'), query('a=x%20y%C3%A9')],
  'escaped letters': [query('%61=%62'), query('a=b')],
  'empty pieces of a query': [query('&a=1&&b=2&'), query('a=1&b=2')],
  'an empty query and none': [at('http://api.test/x?'), at('http://api.test/x')],
  'a percent sign that begins no escape': [query('a=100%'), query('a=100%25')],
  'escapes in a path': [at('http://api.test/caf%c3%a9/%7Eada'), at('http://api.test/caf%C3%A9/~ada')],
  'a host in other letters, a default port, user-info, a fragment, no path': [
    at('HTTP://ada:secret@API.test:80#top'),
    at('http://api.test/'),
  ],
  'https and its default port': [at('https://api.test:443/x'), at('https://api.test/x')],

  'an S3 URL that is presigned anew': [at(s3('20250101T000000Z')), at(s3('20260202T111111Z'))],
  'a URL of Google Cloud Storage that is signed anew': [
    at(gcs('20250101T000000Z')),
    at(gcs('20260202T111111Z')),
  ],
  'a V2 URL of Google Cloud Storage that is signed anew': [
    query('GoogleAccessId=a%40b&Expires=1&Signature=x'),
    query('GoogleAccessId=c%40d&Expires=2&Signature=y'),
  ],
  'a V2 URL of Amazon that is signed anew': [
    query('AWSAccessKeyId=A&Expires=1&Signature=x'),
    query('AWSAccessKeyId=B&Expires=2&Signature=y'),
  ],
  'an Azure SAS that is signed anew': [at(azure('2025-01-01')), at(azure('2026-02-02'))],
  'an Azure user delegation SAS that is signed anew': [
    query('sv=2022-11-02&sig=a&skoid=1&sktid=2&skt=3&ske=4&sks=b&skv=5'),
    query('sv=2023-11-02&sig=b&skoid=6&sktid=7&skt=8&ske=9&sks=b&skv=5'),
  ],
  'a CloudFront URL that is signed anew': [
    query('Expires=1&Signature=x&Key-Pair-Id=K'),
    query('Policy=abc&Signature=y&Key-Pair-Id=K'),
  ],
  'a signed URL whose signature is in lower case': [
    query('x-amz-signature=1&x-amz-date=1&a=b'),
    query('X-Amz-Signature=2&X-Amz-Date=2&a=b'),
  ],

  'JSON with members in another order and other spaces': [
    json('{"b":[1,2],"a":{"d":null,"c":"x"}}'),
    json('{\n  "a": { "c": "x", "d": null },\n  "b": [1, 2]\n}\n'),
  ],
  'JSON with other escapes and other spellings of numbers': [
    json('{"a":"\\u00e9\\/","n":[1.0,1e2,0.10,-0,1E+2,10000000000000000000000]}'),
    json('{"a":"é/","n":[1,100,0.1,0,100,1e22]}'),
  ],
  'JSON under a +json type': [
    json('{"a":1,"b":2}', 'application/vnd.api+json'),
    json('{"b":2,"a":1}', 'application/vnd.api+json'),
  ],
  'JSON without a type': [post('{"a":1,"b":2}'), post('{"b":2,"a":1}')],
  'JSON that fetch sent as a string': [
    post('{"a":1,"b":2}', 'text/plain;charset=UTF-8'),
    post('{"b":2,"a":1}', 'text/plain;charset=UTF-8'),
  ],
  'JSON that curl sent as a form': [urlencoded('{"a":1,"b":"&"}'), urlencoded('{"b":"&","a":1}')],
  'JSON with the names of prototypes': [
    json('{"__proto__":{"a":1},"constructor":2}'),
    json('{"constructor":2, "__proto__":{"a":1}}'),
  ],

  'form fields in another order, escaped in another way': [
    urlencoded('b=2+3&a=1'),
    urlencoded('a=%31&b=2%203'),
  ],

  'forms that differ in their boundary': [
    post(form('AAA', 'v'), type('AAA')),
    post(form('B', 'v'), type('B')),
  ],
  'a boundary in quotes and one without': [
    post(form('A b', 'v'), 'multipart/form-data; boundary="A b"'),
    post(form('AAA', 'v'), type('AAA')),
  ],
  'types and parameters in other letters': [
    post(form('AAA', 'v'), 'Multipart/Form-Data; charset=utf-8; Boundary=AAA'),
    post(form('B', 'v'), type('B')),
  ],
  'a parameter behind the boundary': [
    post(form('AAA', 'v'), 'multipart/form-data; boundary=AAA; charset=utf-8'),
    post(form('B', 'v'), type('B')),
  ],
  'a boundary with the signs of a pattern': [
    post(form("a.*+?(b)'", 'v'), 'multipart/form-data; boundary="a.*+?(b)\'"'),
    post(form('B', 'v'), type('B')),
  ],
  'a preamble before the first delimiter': [
    post(`preamble\r\n${form('AAA', 'v')}`, type('AAA')),
    post(`preamble\r\n${form('B', 'v')}`, type('B')),
  ],
  'a form that a redirect encoded anew, under the content-type of the first time': [
    post(form('AAA', 'v'), type('OLD')),
    post(form('B', 'v'), type('OLD')),
  ],
  'forms whose lines end in LF alone': [
    post(form('AAA', 'v', '\n'), type('AAA')),
    post(form('B', 'v', '\n'), type('B')),
  ],
  'names of part headers in other letters': [
    post(form('A', 'v').replace('Content-Disposition', 'content-disposition'), type('A')),
    post(form('A', 'v'), type('A')),
  ],
  'a part that is JSON': [
    post(form('A', '{"a":1,"b":2}', '\r\n', '\r\nContent-Type: application/json'), type('A')),
    post(form('B', '{"b":2, "a":1}', '\r\n', '\r\nContent-Type: application/json'), type('B')),
  ],
  'a multipart body inside a multipart body': [
    post(form('A', form('X', 'v'), '\r\n', '\r\nContent-Type: multipart/mixed; boundary=X'), type('A')),
    post(form('B', form('Y', 'v'), '\r\n', '\r\nContent-Type: multipart/mixed; boundary=Y'), type('B')),
  ],
};

for (const [title, [a, b]] of Object.entries(same)) {
  test(`${title} match`, () => assert.is(httpMatchKey(a), httpMatchKey(b)));
}

const different: Record<string, readonly [InteractionRequest, InteractionRequest]> = {
  methods: [post('a'), post('a', undefined, { action: 'PUT' })],
  'methods in other letters': [
    post('a', undefined, { action: 'patch' }),
    post('a', undefined, { action: 'PATCH' }),
  ],
  targets: [post('a'), post('a', undefined, { target: 'http://api.test/items?a=2' })],
  schemes: [at('http://api.test/'), at('https://api.test/')],
  ports: [at('http://api.test:8080/'), at('http://api.test/')],
  'the port of another scheme': [at('http://api.test:443/'), at('http://api.test/')],
  'a path and one with a slash at its end': [at('http://api.test/x'), at('http://api.test/x/')],
  'letters of a path': [at('http://api.test/x'), at('http://api.test/X')],
  'a slash in a segment and between two': [at('http://api.test/a%2Fb'), at('http://api.test/a/b')],
  'a path and a query': [at('http://api.test/a%3Fb=1'), at('http://api.test/a?b=1')],
  'a plus in a path and a space': [at('http://api.test/a+b'), at('http://api.test/a%20b')],
  'targets that are no URL': [at('api.test:443'), at('api.test:80')],
  'a target that is no URL and the URL': [at('api.test/x'), at('http://api.test/x')],

  'a parameter without a value and one with an empty one': [query('a'), query('a=')],
  'the order of a repeated parameter': [query('a=1&a=2'), query('a=2&a=1')],
  'a parameter once and twice': [query('a=1'), query('a=1&a=1')],
  'an escaped ampersand and one that divides': [query('a=1%26b=2'), query('a=1&b=2')],
  'an escaped plus and a space': [query('a=%2B'), query('a=+')],
  'an escape and its own escape': [query('a=%2541'), query('a=A')],
  'bytes of a query that are no UTF-8': [query('a=%FF'), query('a=%FE')],
  'bytes of a query that are no UTF-8 and their escape': [query('a=%FF'), query('a=%25FF')],
  'parameters with the names of a signature without one': [
    query('Expires=1&sv=1&se=1'),
    query('Expires=2&sv=2&se=2'),
  ],
  'sig without sv': [query('sig=1'), query('sig=2')],
  'objects of presigned URLs': [at(s3('20250101T000000Z')), at(s3('20250101T000000Z').replace('a%20b', 'c'))],
  'operations of presigned URLs': [
    at(s3('20250101T000000Z')),
    at(s3('20250101T000000Z').replace('GetObject', 'PutObject')),
  ],
  'a header that an Azure SAS makes the response have': [
    at(azure('2025', '&rsct=text/plain')),
    at(azure('2025', '&rsct=text/html')),
  ],

  ...Object.fromEntries(
    [
      'accept',
      'accept-language',
      'content-type',
      'range',
      'if-range',
      'if-match',
      'if-none-match',
      'if-modified-since',
      'if-unmodified-since',
      'prefer',
      'x-http-method-override',
      'soapaction',
      'x-amz-target',
    ].map((name) => [
      `values of the header ${name}`,
      [withHeaders([name, 'x/1']), withHeaders([name, 'x/2'])],
    ]),
  ),
  'lines of a header in another order': [
    withHeaders(['accept', 'a/a'], ['accept', 'b/b']),
    withHeaders(['accept', 'b/b'], ['accept', 'a/a']),
  ],
  'charsets other than utf-8': [post('a', 'text/plain;charset=latin1'), post('a', 'text/plain')],
  'parameters of a content-type': [post('a', 'text/x;v=1'), post('a', 'text/x;v=2')],
  'a parameter in quotes and what stands in them': [
    post('a', 'text/x;v="1; w=2"'),
    post('a', 'text/x;v=1; w=2'),
  ],

  bodies: [post('a'), post('b')],
  'bodies that are no text': [post(new Uint8Array([0xff, 0xfe])), post(new Uint8Array([0xff, 0xfd]))],
  'bytes that are no text and their replacement': [post(new Uint8Array([0xff])), post('\ufffd')],
  'bytes and the text that a key has for them': [post(new Uint8Array([0xff])), post('/w==')],
  'a text with a byte order mark and one without': [post('\ufeff{}'), post('{}')],
  'a body and none': [post('a'), post('')],
  'values of JSON': [json('{"a":1}'), json('{"a":2}')],
  'a number and its text': [json('{"a":1}'), json('{"a":"1"}')],
  'null and no member': [json('{"a":null}'), json('{}')],
  'the order of items': [json('[1,2]'), json('[2,1]')],
  'a JSON text and a text of the same characters': [json('"a"'), json('"a', 'application/json')],
  'JSON and its spelling as text': [post('{"a":1}', 'text/csv'), post('{"a": 1}', 'text/csv')],
  'integers beyond 2^53': [json('{"id":9007199254740993}'), json('{"id":9007199254740992}')],
  'digits that a double does not hold': [json('[0.1000000000000000055511151231257827]'), json('[0.1]')],
  'numbers too large for a double': [json('[1e400]'), json('[1e401]')],
  'numbers too small for a double': [json('[1e-400]'), json('[0]')],
  'a name twice and once': [json('{"a":1,"a":2}'), json('{"a":2}')],
  'the order of a name that is there twice': [json('{"a":1,"a":2}'), json('{"a":2,"a":1}')],
  '__proto__ and no member': [json('{"__proto__":{"a":1}}'), json('{}')],
  'values of __proto__': [json('{"__proto__":{"a":1}}'), json('{"__proto__":{"a":2}}')],
  'lone surrogates': [json('["\\ud800"]'), json('["\\ud801"]')],
  'lines of NDJSON': [post('{"a":1}\n{"b":2}\n'), post('{"b":2}\n{"a":1}\n')],

  'the order of a repeated field': [urlencoded('a=1&a=2'), urlencoded('a=2&a=1')],
  'a field without a value and with an empty one': [urlencoded('a'), urlencoded('a=')],
  'a form and a text of the same characters': [urlencoded('a=1&b=2'), post('a=1&b=2', 'text/plain')],

  'kinds of multipart': [
    post(form('A', 'v'), 'multipart/mixed; boundary=A'),
    post(form('A', 'v'), 'multipart/related; boundary=A'),
  ],
  'values of a field': [post(form('AAA', 'v'), type('AAA')), post(form('AAA', 'w'), type('AAA'))],
  'values of a field under two boundaries': [
    post(form('AAA', 'v'), type('AAA')),
    post(form('B', 'w'), type('B')),
  ],
  'names of files': [
    post(form('A', 'v', '\r\n', '; filename="a.txt"'), type('A')),
    post(form('A', 'v', '\r\n', '; filename="b.txt"'), type('A')),
  ],
  'a field that holds the boundary and one that does not': [
    post(form('AAA', 'say AAA'), type('AAA')),
    post(form('AAA', 'say '), type('AAA')),
  ],
  'a field that holds the delimiter inside a line': [
    post(form('AAA', 'x --AAA y'), type('AAA')),
    post(form('AAA', 'x -- y'), type('AAA')),
  ],
  'a field with a line that only begins as the delimiter': [
    post(form('AAA', 'x\r\n--AAAB'), type('AAA')),
    post(form('AAA', 'x'), type('AAA')),
  ],
  'a field that holds one boundary and a form with that boundary': [
    post(form('AAA', 'B'), type('AAA')),
    post(form('B', 'AAA'), type('B')),
  ],
  'one part and two': [
    post(form('AAA', 'v'), type('AAA')),
    post(`${form('AAA', 'v').replace('--AAA--\r\n', '')}${form('AAA', 'v')}`, type('AAA')),
  ],
  'a field that holds an empty delimiter and two fields': [
    post(form('AAA', 'v\r\n--\r\nw'), type('AAA')),
    post(form('AAA', 'v\r\n--AAA\r\nw'), type('AAA')),
  ],
  'a form that is cut off and a whole one': [
    post(form('AAA', 'v').replace('--AAA--', ''), type('AAA')),
    post(form('AAA', 'v'), type('AAA')),
  ],
  'boundaries of a body that is no multipart': [
    post(form('AAA', 'v'), 'text/plain; boundary=AAA'),
    post(form('B', 'v'), 'text/plain; boundary=B'),
  ],
  'boundaries that the type does not name': [
    post(form('AAA', 'v'), 'multipart/form-data'),
    post(form('B', 'v'), 'multipart/form-data'),
  ],
};

for (const [title, [a, b]] of Object.entries(different)) {
  test(`${title} are told apart`, () => assert.is.not(httpMatchKey(a), httpMatchKey(b)));
}

test('a body that is a view of a larger buffer counts for what it shows', () => {
  const view = new Uint8Array(Buffer.from('xxabcxx')).subarray(2, 5);
  assert.is(httpMatchKey(post('', undefined, { body: view })), httpMatchKey(post('abc')));
});

test('JSON nested deeper than any stack counts as its text', () => {
  const deep = (inner: string) => json(`${'['.repeat(200_000)}${inner}${']'.repeat(200_000)}`);
  assert.is(httpMatchKey(deep('1')), httpMatchKey(deep('1')));
  assert.is.not(httpMatchKey(deep('1')), httpMatchKey(deep('2')));
  assert.is.not(httpMatchKey(deep('1')), httpMatchKey(deep(' 1')));
});

test('the parts of a request are what counts of it', () => {
  const request = post('{"b":1,"a":[true]}', 'application/json; charset=utf-8', {
    target: 'https://u:p@api.test:443/caf%C3%A9/a%2Fb?b=2&a=x+y&c&X-Amz-Signature=1',
  });
  assert.equal(new HttpMatch().parts(request), {
    method: 'POST',
    origin: 'https://api.test',
    path: ['café', 'a/b'],
    query: [
      ['a', 'x y'],
      ['b', '2'],
      ['c', undefined],
    ],
    headers: [['content-type', 'application/json']],
    body: { kind: 'json', value: { b: 1, a: [true] } },
  });
});

test('the parts of a multipart body', () => {
  const body = [
    '--A',
    'Content-Disposition: form-data; name="é"; filename="a"',
    'CONTENT-TYPE: Application/JSON',
    '',
    '[1]',
    '--A',
    'Content-Disposition: form-data; name="empty"',
    '',
    '',
    '--A--',
  ].join('\r\n');
  assert.equal(new HttpMatch().parts(post(body, type('A'))).body, {
    kind: 'multipart',
    parts: [
      {
        headers: [
          ['content-disposition', 'form-data; name="é"; filename="a"'],
          ['content-type', 'application/json'],
        ],
        body: { kind: 'json', value: [1] },
      },
      { headers: [['content-disposition', 'form-data; name="empty"']], body: { kind: 'none' } },
    ],
  });
});

test.run();
