import * as assert from 'uvu/assert';
import { canonicalJson, parseExactly } from '../../../src/http/matching/json-canonical.js';
import { suite } from '../../support/suite.js';

const test = suite('canonical JSON');

// RFC 8785, section 3.2.2.
const EXAMPLE = String.raw`{
  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
  "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
  "literals": [null, true, false]
}`;
const CANONICAL = String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`;

test('the example of RFC 8785', () => assert.is(canonicalJson(JSON.parse(EXAMPLE)), CANONICAL));

test('the order of names in RFC 8785, section 3.2.3', () => {
  const names = ['€', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', 'ö'];
  const value = Object.fromEntries(names.map((name) => [name, 0]));
  const sorted = ['\r', '1', '\u0080', 'ö', '€', '\u{1f600}', '\ufb33'];
  assert.is(canonicalJson(value), `{${sorted.map((name) => `${JSON.stringify(name)}:0`).join(',')}}`);
});

// RFC 8785, appendix B.
for (const [bits, text] of [
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af6', '1e+23'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555554', '333333333.33333325'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
] as const) {
  test(`the number ${text}`, () => {
    assert.is(canonicalJson(Buffer.from(bits, 'hex').readDoubleBE()), text);
  });
}

for (const text of [
  'null',
  '"a"',
  '[]',
  '{}',
  ' { "a" : [ 1 , -2.50 , 1e3 , 0.0 , -0 ] } ',
  '{"b":1,"1":2}',
  '{"a":"\\u0041\\"\\\\\\":1"}',
  '{"a":{"a":1},"b":[{"a":1},{"a":1}]}',
  '[1e22,10000000000000000000000,1.7976931348623157e308,5e-324]',
  '[9007199254740992,9007199254740991,0.1,123456789.123456789e-1]'.replace(
    '123456789.123456789e-1',
    '1.5e-1',
  ),
  '{"__proto__":1}',
]) {
  test(`${text} is read`, () => assert.equal(parseExactly(text), JSON.parse(text)));
}

for (const text of [
  '',
  'text',
  '{"a":1}{',
  '{"a":1,"a":1}',
  '{"a":1,"\\u0061":2}',
  '[{"b":{"a":1,"a":1}}]',
  '[9007199254740993]',
  '[12345678901234567890]',
  '[-9007199254740993]',
  '[333333333.33333329]',
  '[0.1000000000000000055511151231257827]',
  '[1e400]',
  '[-1e400]',
  '[1e-400]',
  '[1.0000000000000000000001]',
]) {
  test(`${text} would lose something`, () => assert.is(parseExactly(text), undefined));
}

test('256 levels are read, more are not', () => {
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  assert.is.not(parseExactly(nested(256)), undefined);
  assert.is(parseExactly(nested(257)), undefined);
  assert.is(parseExactly(nested(1_000_000)), undefined);
  assert.is(parseExactly(`${'{"a":'.repeat(257)}1${'}'.repeat(257)}`), undefined);
});

test.run();
