import * as assert from 'uvu/assert';
import type { HeaderPair, InteractionRequest } from '../../../src/core/interaction.js';
import { HttpMatch } from '../../../src/http/matching/match.js';
import { sameText } from '../../../src/http/matching/wildcard.js';
import { placeholder } from '../../../src/http/redaction/placeholder.js';
import { suite } from '../../support/suite.js';

const test = suite('redacted places');

const A = placeholder('sk_live_4eC39HqLyjWDarjtT1zdp7dc');
const B = placeholder('a-password-of-some-length-1!');
const match = new HttpMatch();

function request(target: string, body = '', ...headers: HeaderPair[]): InteractionRequest {
  return { protocol: 'http', action: 'POST', target, headers, body: Buffer.from(body) };
}
const at = (path: string) => request(`http://api.test${path}`);
const json = (body: string) => request('http://api.test/', body, ['content-type', 'application/json']);
const text = (body: string) => request('http://api.test/', body, ['content-type', 'text/csv']);
const form = (body: string) =>
  request('http://api.test/', body, ['content-type', 'application/x-www-form-urlencoded']);
const multipart = (value: string) =>
  request('http://api.test/', `--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n${value}\r\n--X--`, [
    'content-type',
    'multipart/form-data; boundary=X',
  ]);

const oneKey: Record<string, readonly [InteractionRequest, InteractionRequest]> = {
  'a query value': [at(`/x?key=${A}&a=1`), at(`/x?a=1&key=${B}`)],
  'a segment of the path': [at(`/bot${A}/send`), at(`/bot${B}/send`)],
  'a JSON string': [json(`{"token":"${A}","a":1}`), json(`{"a":1,"token":"${B}"}`)],
  'a part of a JSON string': [
    json(`{"text":"say \\n ${A}, please"}`),
    json(`{"text":"say \\n ${B}, please"}`),
  ],
  'a form field': [form(`password=${A}&a=1`), form(`a=1&password=${B}`)],
  'a part of a multipart body': [multipart(A), multipart(B)],
  text: [text(`key;${A};end`), text(`key;${B};end`)],
};

for (const [title, [a, b]] of Object.entries(oneKey)) {
  test(`${title}: two placeholders give one key`, () => {
    assert.is(match.key(a), match.key(b));
    assert.is(match.isOpen(match.key(a)), true);
  });
}

const apart: Record<string, readonly [InteractionRequest, InteractionRequest]> = {
  'what stands beside a placeholder': [json(`{"a":"${A} x"}`), json(`{"a":"${A} y"}`)],
  'a line end and another escape in front of one': [json(`{"a":"\\n${A}"}`), json(`{"a":"\\t${A}"}`)],
  'a placeholder and none': [json(`{"a":"${A}"}`), json('{}')],
  'a placeholder and the character that keys have for it': [json(`{"a":"${A}"}`), json('{"a":"\\u0000"}')],
  'places of a placeholder': [json(`{"a":"${A}","b":"x"}`), json(`{"a":"x","b":"${A}"}`)],
};

for (const [title, [a, b]] of Object.entries(apart)) {
  test(`${title}: two keys`, () => assert.is.not(match.key(a), match.key(b)));
}

test('a key without a placeholder is not open', () => {
  assert.is(match.isOpen(match.key(json('{"a":"\\u0000"}'))), false);
});

test('in headers that count, placeholders are told apart', () => {
  const named = new HttpMatch({ headers: ['authorization'] });
  const as = (value: string) => request('http://api.test/', '', ['authorization', `Bearer ${value}`]);
  assert.is.not(named.key(as(A)), named.key(as(B)));
  assert.is(named.resembles(named.key(as(A)), named.key(as(B))), false);
  assert.is(named.isOpen(named.key(as(A))), false);
});

const resembling: Record<string, readonly [InteractionRequest, InteractionRequest]> = {
  'a query value': [at(`/x?key=${A}&a=1`), at('/x?key=test&a=1')],
  'a query value with other signs': [at(`/x?key=${A}`), at('/x?key=%26%2F%22%3F')],
  'a segment of the path': [at(`/u/${A}/x`), at('/u/7/x')],
  'a JSON string': [json(`{"a":"${A}"}`), json('{"a":"secret \\"quoted\\" \\\\"}')],
  'a part of a string': [json(`{"a":"key ${A}, ${B} end"}`), json('{"a":"key 1, 2, 3 end"}')],
  'secrets of which one side knows more': [text(`a;${A};b;${B}`), text(`a;x;b;${B}`)],
  'a form field': [form(`password=${A}&a=1`), form('a=1&password=x')],
  'a part of a multipart body': [multipart(A), multipart('x')],
};

for (const [title, [a, b]] of Object.entries(resembling)) {
  test(`${title} resembles what a placeholder stands for`, () => {
    assert.is.not(match.key(a), match.key(b));
    assert.is(match.resembles(match.key(a), match.key(b)), true);
    assert.is(match.resembles(match.key(b), match.key(a)), true);
  });
}

const notResembling: Record<string, readonly [InteractionRequest, InteractionRequest]> = {
  'no placeholder on either side': [at('/x?a=1'), at('/x?a=2')],
  'two segments': [at(`/items/${A}`), at('/items/7/parts')],
  'a segment and a query': [at(`/items/${A}`), at('/items/7?a=1')],
  'two query values': [at(`/x?a=${A}`), at('/x?a=1&b=2')],
  'another parameter': [at(`/x?a=${A}&b=1`), at('/x?a=1&b=2')],
  'another path': [at(`/x/${A}`), at('/y/7')],
  'a member more': [json(`{"a":"${A}"}`), json('{"a":"x","b":"y"}')],
  'a string that is a number elsewhere': [json(`{"a":"${A}"}`), json('{"a":1}')],
  'a JSON string that looks like the end of the string': [
    json(`{"a":"${A}"}`),
    json('{"a":"x\\",\\"b\\":\\"y","c":1}'),
  ],
  'another text around': [text(`key;${A};end`), text('key;x;and')],
  'another text before': [text(`key;${A};end`), text('kez;x;end')],
  'one piece in the place of two': [text(`a;${A};b;${A};b;c`), text('a;longer;b;c')],
  'a text that is too short': [text(`aa;${A};aa`), text('aa;aa')],
  'another order of pieces': [text(`${A};b;${A};c;${A}`), text('x;c;x;b;x')],
  'JSON and text': [json(`{"a":"${A}"}`), text('{"a":"x"}')],
};

for (const [title, [a, b]] of Object.entries(notResembling)) {
  test(`${title}: no resemblance`, () => {
    assert.is(match.resembles(match.key(a), match.key(b)), false);
    assert.is(match.resembles(match.key(b), match.key(a)), false);
  });
}

test('sameText', () => {
  assert.is(sameText('a', 'a'), true);
  assert.is(sameText('a', 'b'), false);
  assert.is(sameText(`x ${A}`, `x ${B}`), true);
  assert.is(sameText(`x ${A}`, 'x "y"'), true);
  assert.is(sameText('y', A), true);
  assert.is(sameText(`x ${A}`, 'y'), false);
});

test.run();
