import * as assert from 'uvu/assert';
import { base64Form, bodyBytes, bodyForm } from '../../src/formats/body-form.js';
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
