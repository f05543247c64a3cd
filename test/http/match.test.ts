import * as assert from 'uvu/assert';
import type { InteractionRequest } from '../../src/core/interaction.js';
import { httpMatchKey, multipartBoundary } from '../../src/http/match.js';
import { suite } from '../support/suite.js';

const test = suite('httpMatchKey');

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

/** A form of one field, as clients send it. */
function form(boundary: string, value: string, eol = '\r\n'): string {
  const head = 'Content-Disposition: form-data; name="field"';
  return [`--${boundary}`, head, '', value, `--${boundary}--`, ''].join(eol);
}

const type = (boundary: string) => `multipart/form-data; boundary=${boundary}`;

const same: Record<string, readonly [InteractionRequest, InteractionRequest]> = {
  'requests that differ in headers only': [
    post('a', 'text/plain', { headers: [['x-request-id', '1']] }),
    post('a', 'text/plain', { headers: [['authorization', 'Bearer x']] }),
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
  'other kinds of multipart': [
    post(form('AAA', 'v'), 'multipart/mixed; boundary=AAA'),
    post(form('B', 'v'), 'multipart/related; boundary=B'),
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
    post(form('B', 'v'), type('B')),
  ],
  'forms whose lines end in LF alone': [
    post(form('AAA', 'v', '\n'), type('AAA')),
    post(form('B', 'v', '\n'), type('B')),
  ],
};

for (const [title, [a, b]] of Object.entries(same)) {
  test(`${title} match`, () => assert.is(httpMatchKey(a), httpMatchKey(b)));
}

const different: Record<string, readonly [InteractionRequest, InteractionRequest]> = {
  methods: [post('a'), post('a', undefined, { action: 'PUT' })],
  targets: [post('a'), post('a', undefined, { target: 'http://api.test/items?a=2' })],
  bodies: [post('a'), post('b')],
  'bodies that are no text': [post(new Uint8Array([0xff, 0xfe])), post(new Uint8Array([0xff, 0xfd]))],
  'bytes that are no text and their replacement': [post(new Uint8Array([0xff])), post('\ufffd')],
  'a body and none': [post('a'), post('')],
  'values of a field': [post(form('AAA', 'v'), type('AAA')), post(form('AAA', 'w'), type('AAA'))],
  'values of a field under two boundaries': [
    post(form('AAA', 'v'), type('AAA')),
    post(form('B', 'w'), type('B')),
  ],
  'a field that holds the boundary and one that does not': [
    post(form('AAA', 'say AAA'), type('AAA')),
    post(form('AAA', 'say '), type('AAA')),
  ],
  'a field that holds the delimiter inside a line': [
    post(form('AAA', 'x --AAA y'), type('AAA')),
    post(form('AAA', 'x -- y'), type('AAA')),
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

test('multipartBoundary', () => {
  for (const [contentType, boundary] of [
    [undefined, undefined],
    ['', undefined],
    ['multipart/form-data', undefined],
    ['multipart/form-data; boundary=', undefined],
    ['application/json; boundary=x', undefined],
    ['multipart/form-data;boundary=x', 'x'],
    [' multipart/mixed ; a=b ; boundary="x y" ; c=d', 'x y'],
    ['multipart/related; start-boundary=no; boundary=yes', 'yes'],
  ] as const) {
    assert.is(multipartBoundary(contentType), boundary, String(contentType));
  }
});

test.run();
