import * as assert from 'uvu/assert';
import { multipartBoundary, parseMultipart } from '../../../src/http/matching/multipart.js';
import { suite } from '../../support/suite.js';

const test = suite('multipart');

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

const parsed = (text: string, boundary = 'A') =>
  parseMultipart(Buffer.from(text, 'latin1'), boundary)?.map(({ headers, body }) => [
    headers,
    Buffer.from(body).toString('latin1'),
  ]);

const wellFormed: Record<string, readonly [text: string, parts: unknown]> = {
  'a part with a header': ['--A\r\nX: y\r\n\r\nbody\r\n--A--\r\n', [[[['X', 'y']], 'body']]],
  'a part without headers': ['--A\r\n\r\nbody\r\n--A--', [[[], 'body']]],
  'an empty part': ['--A\r\nX: y\r\n\r\n\r\n--A--', [[[['X', 'y']], '']]],
  'an empty part without a line of its own': ['--A\r\nX: y\r\n\r\n--A--', [[[['X', 'y']], '']]],
  'a part with nothing at all': ['--A\r\n\r\n--A--', [[[], '']]],
  'two delimiters in a row': ['--A\r\n--A--', [[[], '']]],
  'bytes and line ends in a body': ['--A\r\n\r\n\xff\0\r\n\r\n\n\r\n--A--', [[[], '\xff\0\r\n\r\n\n']]],
  'a header over two lines': ['--A\r\nX: a\r\n\tb\r\n\r\nv\r\n--A--', [[[['X', 'a\tb']], 'v']]],
  'spaces behind a delimiter': ['--A \t\r\n\r\nv\r\n--A-- \r\n', [[[], 'v']]],
  'what stands before and behind': ['before\r\n--A\r\n\r\nv\r\n--A--\r\nbehind', [[[], 'v']]],
  'LF alone': ['--A\nX: y\n\nv\n--A--\n', [[[['X', 'y']], 'v']]],
};

for (const [title, [text, parts]] of Object.entries(wellFormed)) {
  test(title, () => assert.equal(parsed(text), parts));
}

const malformed: Record<string, string> = {
  'no delimiter': 'text',
  'no closing delimiter': '--A\r\n\r\nv\r\n',
  'no part, but a preamble': 'x\r\n--A--\r\n',
  'a part whose headers do not end': '--A\r\nX: y\r\n--A--',
  'a header line without a colon': '--A\r\nnothing\r\n\r\nv\r\n--A--',
  'a delimiter inside a line': 'x--A\r\n\r\nv\r\n--A--',
};

test('a form without fields has no parts, whatever its boundary', () => {
  assert.equal(parsed('--A--\r\n'), []);
});

for (const [title, text] of Object.entries(malformed)) {
  test(`${title}: not multipart`, () => assert.is(parsed(text), undefined));
}

test.run();
