import * as assert from 'uvu/assert';
import { base64Form, bodyBytes, bodyForm } from '../../src/formats/body-form.js';
import { prettyJson } from '../../src/formats/pretty-json.js';
import { bytes } from '../support/interactions.js';
import { suite } from '../support/suite.js';

const test = suite('body forms');

type Row = readonly [what: string, body: string | Uint8Array, form: object];

const base64 = (body: string | Uint8Array) => ({ base64: Buffer.from(bytes(body)).toString('base64') });
const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));

const ROWS: readonly Row[] = [
  // JSON where a known printer gives the same bytes
  ['compact JSON', '{"a":[1,"b",null,true,{}],"c":{}}', { json: { a: [1, 'b', null, true, {}], c: {} } }],
  ['an empty object', '{}', { json: {} }],
  ['an empty list', '[]', { json: [] }],
  ['compact JSON with its line feed', '{"a":1}\n', { json: { a: 1 }, style: 'compact-newline' }],
  ['JSON indented by 2', '{\n  "a": [\n    1\n  ]\n}', { json: { a: [1] }, style: 'indent-2' }],
  ['JSON indented by 4', '{\n    "a": 1\n}', { json: { a: 1 }, style: 'indent-4' }],
  ['JSON indented by tabs', '{\n\t"a": 1\n}', { json: { a: 1 }, style: 'indent-tab' }],
  ['indented JSON with its line feed', '[\n  1\n]\n', { json: [1], style: 'indent-2-newline' }],
  ["Python's JSON", '{"a": 1, "b": [1, 2], "c": {}}', { json: { a: 1, b: [1, 2], c: {} }, style: 'python' }],
  ["Python's JSON with escapes", '{"a": "\\u00e9\\ud83d\\ude42"}', { json: { a: 'é🙂' }, style: 'python' }],
  ['JSON with UTF-8', '{"é":"漢🙂"}', { json: { é: '漢🙂' } }],
  ['JSON with the usual escapes', '["\\"\\\\\\n\\t\\u0001"]', { json: ['"\\\n\t\u0001'] }],
  ['JSON with half a surrogate pair', '["\\ud800"]', { json: ['\ud800'] }],
  ['JSON with line separators', '["\u2028\u2029"]', { json: ['\u2028\u2029'] }],
  [
    'JSON with integer-like keys in their order',
    '{"1":"a","2":"b","x":0}',
    { json: { 1: 'a', 2: 'b', x: 0 } },
  ],
  ['JSON with safe numbers', '[0,-1,0.5,1e+21,5e-324]', { json: [0, -1, 0.5, 1e21, 5e-324] }],

  // JSON that a parser would change stays text
  ['a scalar: a string', '"hello"', { text: '"hello"' }],
  ['a scalar: a number', '42', { text: '42' }],
  ['a scalar: null', 'null', { text: 'null' }],
  ['a float with a zero', '[1.0]', { text: '[1.0]' }],
  ['an exponent', '[1e3]', { text: '[1e3]' }],
  ['a negative zero', '[-0]', { text: '[-0]' }],
  ['a number beyond all', '[1e999]', { text: '[1e999]' }],
  ['a big integer', '{"id":12345678901234567890}', { text: '{"id":12345678901234567890}' }],
  ['a float with too many digits', '[0.30000000000000004440]', { text: '[0.30000000000000004440]' }],
  ['a key twice', '{"a":1,"a":2}', { text: '{"a":1,"a":2}' }],
  ['integer-like keys in another order', '{"2":"b","1":"a"}', { text: '{"2":"b","1":"a"}' }],
  ['escapes that need not be', '["\\u0061\\/"]', { text: '["\\u0061\\/"]' }],
  ['escapes in upper case', '["\\u00E9"]', { text: '["\\u00E9"]' }],
  ['other white space', '{ "a":1 }', { text: '{ "a":1 }' }],
  ['white space in front', ' {"a":1}', { text: ' {"a":1}' }],
  ['two line feeds behind', '{"a":1}\n\n', { text: ['{"a":1}\n', '\n'] }],
  ['lines that end in CRLF', '{\r\n  "a": 1\r\n}', { text: ['{\r\n', '  "a": 1\r\n', '}'] }],
  ['JSON that is cut off', '{"a":', { text: '{"a":' }],
  ['JSON and more', '{"a":1}{"b":2}', { text: '{"a":1}{"b":2}' }],
  ['JSON behind a BOM', '\ufeff{"a":1}', { text: '\ufeff{"a":1}' }],

  // text
  ['nothing', '', { text: '' }],
  ['a line', 'hello', { text: 'hello' }],
  ['a line with its end', 'hello\n', { text: ['hello\n'] }],
  ['lines', 'a\nb\n\nc', { text: ['a\n', 'b\n', '\n', 'c'] }],
  ['only line feeds', '\n\n', { text: ['\n', '\n'] }],
  ['CRLF', 'a\r\nb\r\n', { text: ['a\r\n', 'b\r\n'] }],
  ['lone CR', 'a\rb', { text: 'a\rb' }],
  ['tabs', 'a\tb', { text: 'a\tb' }],
  ['an event stream', 'data: 1\n\ndata: 2\n\n', { text: ['data: 1\n', '\n', 'data: 2\n', '\n'] }],
  ['NDJSON', '{"a":1}\n{"a":2}\n', { text: ['{"a":1}\n', '{"a":2}\n'] }],
  ['text in many scripts', 'é漢🙂עברית', { text: 'é漢🙂עברית' }],
  ['combining characters, not composed', 'e\u0301', { text: 'e\u0301' }],
  ['text behind a BOM', '\ufeffa', { text: '\ufeffa' }],
  ['a BOM in the middle', 'a\ufeffb', { text: 'a\ufeffb' }],
  ['the replacement character itself', '\ufffd', { text: '\ufffd' }],
  ['a noncharacter', '\uffff', { text: '\uffff' }],
  ['HTML', '<p class="a">\n', { text: ['<p class="a">\n'] }],

  // what nobody can read
  ['a NUL', 'a\0b', base64('a\0b')],
  ['an escape sequence', '\u001b[31mred', base64('\u001b[31mred')],
  ['a DEL', '\u007f', base64('\u007f')],
  ['a form feed', '\f', base64('\f')],
  ['latin1', latin1('caf\xe9'), base64(latin1('caf\xe9'))],
  ['an overlong slash', Uint8Array.of(0xc0, 0xaf), base64(Uint8Array.of(0xc0, 0xaf))],
  ['half a surrogate pair', Uint8Array.of(0xed, 0xa0, 0x80), base64(Uint8Array.of(0xed, 0xa0, 0x80))],
  ['half a character', Uint8Array.of(0x61, 0xe6, 0xbc), base64(Uint8Array.of(0x61, 0xe6, 0xbc))],
  [
    'beyond the last plane',
    Uint8Array.of(0xf4, 0x90, 0x80, 0x80),
    base64(Uint8Array.of(0xf4, 0x90, 0x80, 0x80)),
  ],
  ['UTF-16', new Uint8Array(Buffer.from('\ufeffa', 'utf16le')), base64(Buffer.from('\ufeffa', 'utf16le'))],
];

for (const [what, body, form] of ROWS) {
  test(`${what}: the form, and the same bytes from it`, () => {
    const given = bytes(body);
    assert.equal(bodyForm(given), form);
    assert.equal(bodyBytes(JSON.parse(JSON.stringify(form))), Uint8Array.from(given));
    assert.equal(bodyBytes(base64Form(given)), Uint8Array.from(given));
  });
}

type TypedRow = readonly [what: string, contentType: string, body: string | Uint8Array, form: object];

const URLENCODED = 'application/x-www-form-urlencoded';
const utf16le = (text: string) => new Uint8Array(Buffer.from(text, 'utf16le'));
const utf16be = (text: string) => new Uint8Array(Buffer.from(text, 'utf16le').swap16());
const lines = (...parts: readonly string[]) => parts.map((part) => `${part}\r\n`).join('');
const disposition = (name: string) => ['Content-Disposition', `form-data; name="${name}"`] as const;

const TYPED: readonly TypedRow[] = [
  // charsets
  ['latin1', 'text/plain; charset=ISO-8859-1', latin1('caf\xe9'), { text: 'café', charset: 'latin1' }],
  [
    'lines of latin1',
    'text/plain;charset="latin1"',
    latin1('caf\xe9\nth\xe9\n'),
    { text: ['café\n', 'thé\n'], charset: 'latin1' },
  ],
  ['ASCII that is said to be latin1', 'text/plain; charset=latin1', 'hello', { text: 'hello' }],
  ['UTF-8 that is said to be latin1', 'text/plain; charset=latin1', 'é漢', { text: 'é漢' }],
  ['JSON that is said to be latin1', 'application/json; charset=latin1', '{"a":1}', { json: { a: 1 } }],
  [
    'quotes of windows-1252',
    'text/html; charset=windows-1252',
    latin1('\x93a\x94'),
    base64(latin1('\x93a\x94')),
  ],
  ['latin1 without a charset', 'text/plain', latin1('caf\xe9'), base64(latin1('caf\xe9'))],
  [
    'UTF-16 with its BOM',
    'text/plain; charset=utf-16',
    utf16le('\ufeffa\nb'),
    { text: ['\ufeffa\n', 'b'], charset: 'utf-16le' },
  ],
  [
    'UTF-16 the other way',
    'text/plain; charset=UTF-16',
    utf16be('\ufeffé'),
    { text: '\ufeffé', charset: 'utf-16be' },
  ],
  ['little-endian', 'text/plain; charset=utf-16le', utf16le('漢🙂'), { text: '漢🙂', charset: 'utf-16le' }],
  ['big-endian', 'text/plain; charset=utf-16be', utf16be('漢🙂'), { text: '漢🙂', charset: 'utf-16be' }],
  [
    'half a surrogate pair in UTF-16',
    'a/b; charset=utf-16le',
    utf16le('a\ud83d'),
    { text: 'a\ud83d', charset: 'utf-16le' },
  ],
  [
    'half a unit of UTF-16',
    'a/b; charset=utf-16le',
    Uint8Array.of(0x41, 0x30, 0xff),
    base64(Uint8Array.of(0x41, 0x30, 0xff)),
  ],
  ['UTF-8 that is said to be UTF-16', 'a/b; charset=utf-16', 'abc', { text: 'abc' }],
  ['a charset that nobody knows', 'text/plain; charset=klingon', 'hello', { text: 'hello' }],
  ['broken UTF-8', 'text/plain; charset=utf-8', latin1('a\xff'), base64(latin1('a\xff'))],

  // fields of forms
  [
    'a form',
    URLENCODED,
    'a=1&b=two+words',
    {
      form: [
        ['a', '1'],
        ['b', 'two words'],
      ],
    },
  ],
  ['a form with a charset', `${URLENCODED};charset=UTF-8`, 'a=%C3%A9', { form: [['a', 'é']] }],
  [
    'a name twice, and empty ones',
    URLENCODED,
    'a=1&a=&=',
    {
      form: [
        ['a', '1'],
        ['a', ''],
        ['', ''],
      ],
    },
  ],
  ['keys of prototypes in a form', URLENCODED, '__proto__=1', { form: [['__proto__', '1']] }],
  ['a form with other escapes', URLENCODED, 'a=%20&b=%c3%a9', { text: 'a=%20&b=%c3%a9' }],
  ['a name without a value', URLENCODED, 'a&b=1', { text: 'a&b=1' }],
  ['a form with a question mark', URLENCODED, '?a=1', { text: '?a=1' }],
  ['a form that is no UTF-8', URLENCODED, 'a=%FF', { text: 'a=%FF' }],
  ['JSON in the place of a form', URLENCODED, '{"a":1}', { json: { a: 1 } }],
  ['a form of another type', 'text/plain', 'a=1', { text: 'a=1' }],

  // multipart bodies
  [
    'two fields',
    'multipart/form-data; boundary=B',
    lines(
      '--B',
      'Content-Disposition: form-data; name="a"',
      '',
      '1',
      '--B',
      'Content-Disposition: form-data; name="b"',
      '',
      'é',
      '--B--',
    ),
    {
      boundary: 'B',
      multipart: [
        { headers: [disposition('a')], text: '1' },
        { headers: [disposition('b')], text: 'é' },
      ],
    },
  ],
  [
    'a part with a type of its own, in forms of its own',
    'multipart/mixed; boundary="a b=c"',
    lines(
      '--a b=c',
      'content-type: application/json',
      'x-y: z',
      '',
      '{"a":1}',
      `--a b=c`,
      `content-type: ${URLENCODED}`,
      '',
      'a=1',
      '--a b=c--',
    ),
    {
      boundary: 'a b=c',
      multipart: [
        {
          headers: [
            ['content-type', 'application/json'],
            ['x-y', 'z'],
          ],
          json: { a: 1 },
        },
        { headers: [['content-type', URLENCODED]], form: [['a', '1']] },
      ],
    },
  ],
  [
    'a binary part',
    'multipart/form-data; boundary=B',
    Buffer.concat([
      Buffer.from('--B\r\nA: b\r\n\r\n'),
      Buffer.from([0, 13, 10, 45, 45, 66, 255]),
      Buffer.from('\r\n--B--\r\n'),
    ]),
    { boundary: 'B', multipart: [{ headers: [['A', 'b']], base64: 'AA0KLS1C/w==' }] },
  ],
  [
    'an empty part without headers',
    'multipart/mixed; boundary=B',
    '--B\r\n\r\n\r\n--B--\r\n',
    { boundary: 'B', multipart: [{ headers: [], text: '' }] },
  ],
  [
    'no line end at the end',
    'multipart/mixed; boundary=B',
    '--B\r\n\r\na\r\n--B--',
    { boundary: 'B', multipart: [{ headers: [], text: 'a' }], epilogue: '' },
  ],
  [
    'a longer boundary within a part',
    'multipart/mixed; boundary=B',
    '--B\r\n\r\na\r\n--BB\r\n--B--\r\n',
    { boundary: 'B', multipart: [{ headers: [], text: ['a\r\n', '--BB'] }] },
  ],
  [
    'parts within a part',
    'multipart/mixed; boundary=B',
    lines('--B', 'Content-Type: multipart/mixed; boundary=C', '', '--C', '', 'x', '--C--', '', '--B--'),
    {
      boundary: 'B',
      multipart: [
        {
          headers: [['Content-Type', 'multipart/mixed; boundary=C']],
          boundary: 'C',
          multipart: [{ headers: [], text: 'x' }],
        },
      ],
    },
  ],
  [
    'a preamble',
    'multipart/mixed; boundary=B',
    'hi\r\n--B\r\n\r\na\r\n--B--',
    { text: ['hi\r\n', '--B\r\n', '\r\n', 'a\r\n', '--B--'] },
  ],
  [
    'an epilogue',
    'multipart/mixed; boundary=B',
    '--B\r\n\r\na\r\n--B--bye',
    { text: ['--B\r\n', '\r\n', 'a\r\n', '--B--bye'] },
  ],
  [
    'another boundary',
    'multipart/mixed; boundary=C',
    '--B\r\n\r\na\r\n--B--',
    { text: ['--B\r\n', '\r\n', 'a\r\n', '--B--'] },
  ],
  ['no end', 'multipart/mixed; boundary=B', '--B\r\n\r\na', { text: ['--B\r\n', '\r\n', 'a'] }],
  ['only an end', 'multipart/mixed; boundary=B', '--B--\r\n', { text: ['--B--\r\n'] }],
  [
    'line feeds alone',
    'multipart/mixed; boundary=B',
    '--B\n\na\n--B--\n',
    { text: ['--B\n', '\n', 'a\n', '--B--\n'] },
  ],
  [
    'a header without a space',
    'multipart/mixed; boundary=B',
    '--B\r\nA:b\r\n\r\n\r\n--B--',
    { text: ['--B\r\n', 'A:b\r\n', '\r\n', '\r\n', '--B--'] },
  ],
  ['no boundary', 'multipart/mixed', '--B--', { text: '--B--' }],
];

for (const [what, contentType, body, form] of TYPED) {
  test(`${what}, as ${contentType}: the form, and the same bytes from it`, () => {
    const given = bytes(body);
    assert.equal(bodyForm(given, contentType), form);
    assert.equal(bodyBytes(JSON.parse(prettyJson(form))), Uint8Array.from(given));
  });
}

const EDITED: readonly (readonly [what: string, form: unknown, body: string | Uint8Array])[] = [
  [
    'a field that was added',
    {
      form: [
        ['a', '1 & 2'],
        ['b', ''],
      ],
    },
    'a=1+%26+2&b=',
  ],
  ['text in another charset', { text: ['thé', '\n'], charset: 'latin1' }, latin1('th\xe9\n')],
  ['text in UTF-16', { text: 'é', charset: 'utf-16be' }, utf16be('é')],
  [
    'a part that became JSON',
    { boundary: 'B', multipart: [{ headers: [['a', 'b']], json: [1] }] },
    '--B\r\na: b\r\n\r\n[1]\r\n--B--\r\n',
  ],
  ['no part at all', { boundary: 'B', multipart: [] }, '--B--\r\n'],
];

for (const [what, form, body] of EDITED) {
  test(`${what} has the bytes that it says`, () => {
    assert.equal(bodyBytes(form), Uint8Array.from(bytes(body)));
  });
}

test('multipart bodies within each other are told apart to a depth', () => {
  let body = 'x';
  for (let depth = 0; depth < 50; depth++) {
    body = `--B${depth}\r\ncontent-type: multipart/mixed; boundary=B${depth - 1}\r\n\r\n${body}\r\n--B${depth}--`;
  }
  const form = bodyForm(bytes(body), 'multipart/mixed; boundary=B49');
  assert.is(Buffer.from(bodyBytes(form)).toString(), body);
  assert.is(JSON.stringify(form).split('"multipart"').length - 1, 3);
});

test('characters that nobody sees are escapes in the file', () => {
  const hidden = '\ufeff\u200b\u202e\u2066\u2028\u0085\u00ad\udb40\udc41';
  const shown = '\\ufeff\\u200b\\u202e\\u2066\\u2028\\u0085\\u00ad\\udb40\\udc41';
  assert.is(prettyJson(hidden), `"${shown}"`);
  assert.is(prettyJson({ [hidden]: 1 }), `{ "${shown}": 1 }`);
  assert.is(prettyJson(['é漢🙂']), '["é漢🙂"]');
  assert.equal(JSON.parse(prettyJson([hidden])), [hidden]);
});

test('keys of prototypes are keys like others', () => {
  const body = '{"__proto__":{"a":1},"constructor":2,"hasOwnProperty":3}';
  const form = bodyForm(bytes(body)) as { json: object };
  assert.equal(Object.keys(form.json), ['__proto__', 'constructor', 'hasOwnProperty']);
  assert.is(Buffer.from(bodyBytes(JSON.parse(JSON.stringify(form)))).toString(), body);
  assert.is(Object.getPrototypeOf(form.json), Object.prototype);
});

test('bytes in the middle of a larger buffer are told from their neighbours', () => {
  const pool = Buffer.from('xxx\x00\x01\x02xxx');
  assert.equal(bodyForm(pool.subarray(3, 6)), base64(Uint8Array.of(0, 1, 2)));
  assert.equal(bodyForm(pool.subarray(0, 3)), { text: 'xxx' });
});

test('JSON of any depth has a form', () => {
  for (const depth of [10, 1000, 5000, 100_000]) {
    const body = bytes('['.repeat(depth) + ']'.repeat(depth));
    assert.equal(bodyBytes(bodyForm(body)), Uint8Array.from(body));
  }
});

const NO_FORMS: readonly (readonly [what: string, form: unknown])[] = [
  ['nothing', undefined],
  ['null', null],
  ['a string', 'hello'],
  ['a list', ['hello']],
  ['an empty object', {}],
  ['another name', { utf8: 'hello' }],
  ['text that is a number', { text: 1 }],
  ['text with a line that is none', { text: ['a\n', 1] }],
  ['text that is null', { text: null }],
  ['a charset that nobody knows', { text: 'a', charset: 'klingon' }],
  ['a charset of a prototype', { text: 'a', charset: 'toString' }],
  ['text that its charset has not', { text: '漢', charset: 'latin1' }],
  ['a form that is an object', { form: { a: '1' } }],
  ['a form with a number', { form: [['a', 1]] }],
  ['a form with half a pair', { form: [['a']] }],
  ['multipart without a boundary', { multipart: [] }],
  ['multipart with a boundary that is none', { multipart: [], boundary: 1 }],
  ['multipart that is an object', { multipart: {}, boundary: 'B' }],
  ['a part that is null', { multipart: [null], boundary: 'B' }],
  ['a part without headers', { multipart: [{ text: 'a' }], boundary: 'B' }],
  ['a part without a body', { multipart: [{ headers: [] }], boundary: 'B' }],
  ['an epilogue that is a number', { multipart: [], boundary: 'B', epilogue: 1 }],
  ['base64 that is a list', { base64: ['QQ=='] }],
  ['base64 with white space', { base64: 'QUJD\nQUJD' }],
  ['base64 for URLs', { base64: '-_-_' }],
  ['base64 of a length that no bytes have', { base64: 'QUJDR' }],
  ['base64 with too much padding', { base64: 'QQ===' }],
  ['a style that nobody knows', { json: {}, style: 'yaml' }],
  ['a style of a prototype', { json: {}, style: 'toString' }],
  ['a style that is no name', { json: {}, style: null }],
];

for (const [what, form] of NO_FORMS) {
  test(`${what} is no form of a body`, () => {
    assert.throws(
      () => bodyBytes(form),
      (error: unknown) => error instanceof TypeError,
    );
  });
}

test('of two forms in one body, none is taken silently', () => {
  assert.throws(() => bodyBytes({ json: 1, text: 'one' }));
  assert.throws(() => bodyBytes({ text: 'one', base64: 'dHdv' }));
});

test.run();
