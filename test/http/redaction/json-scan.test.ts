import * as assert from 'uvu/assert';
import { parsePath } from '../../../src/http/matching/json-path.js';
import { type JsonToken, scanJson } from '../../../src/http/redaction/json-scan.js';
import { suite } from '../../support/suite.js';

const test = suite('scanJson');

/** `name=value` of each token, `[]` in front for items, `*` for those that a path leads to. */
function scan(text: string, ...paths: readonly string[]): string[] {
  const found: string[] = [];
  const visit = ({ name, start, end, isItem, isNamed }: JsonToken) => {
    found.push(`${isNamed ? '*' : ''}${isItem ? '[]' : ''}${name}=${text.slice(start, end)}`);
  };
  scanJson(
    text,
    visit,
    paths.map((path) => parsePath(path, 'test')),
  );
  return found;
}

for (const [title, text, expected] of [
  ['members', '{"a":"b", "c" : 1.5e-3 ,"d":true,"e":null}', ['a=b', 'c=1.5e-3']],
  [
    'lists have the name of what they are',
    '{"a":["b",["c",{"d":"e"}],2]}',
    ['[]a=b', '[]a=c', 'd=e', '[]a=2'],
  ],
  ['a member after a list and an object', '{"a":[1],"b":{"x":2},"c":3}', ['[]a=1', 'x=2', 'c=3']],
  ['the same name twice', '{"a":"b","a":"c"}', ['a=b', 'a=c']],
  ['escapes', '{"a\\"b":"c\\\\","\\u0061":"\\""}', ['a"b=c\\\\', 'a=\\"']],
  ['a text alone', '"a"', ['undefined=a']],
  ['lines', '{"a":"b"}\n{"c":"d"}\n', ['a=b', 'c=d']],
  ['what is cut off in a string', '{"a":"b', ['a=b']],
  ['what is cut off behind an escape', '{"a":"b\\', ['a=b\\']],
  ['what is cut off in a number', '{"a":-1', ['a=-1']],
  ['an empty text', '', []],
  ['closed too often', ']]}}{"a":"b"}', ['a=b']],
  ['a string that ends with its line', '{"a":"b\n{"c":"d"}', ['a=b', 'c=d']],
  ['names of the prototype', '{"__proto__":"a","constructor":1}', ['__proto__=a', 'constructor=1']],
  ['a name and a value', '[{"name":"a","value":"b"},{"value":"c"}]', ['name=a', 'a=b', 'value=c']],
] as const) {
  test(title, () => assert.equal(scan(text), expected));
}

for (const [path, expected] of [
  ['$.a', ['*a=1', 'b=2', '[]c=3', 'd=4']],
  ['$.x.b', ['a=1', '*b=2', '[]c=3', 'd=4']],
  ['$.x.c[0]', ['a=1', 'b=2', '*[]c=3', 'd=4']],
  ['$.x.c[1].d', ['a=1', 'b=2', '[]c=3', '*d=4']],
  ['$..d', ['a=1', 'b=2', '[]c=3', '*d=4']],
  ['$.x.*', ['a=1', '*b=2', '[]c=3', 'd=4']],
] as const) {
  test(`the path ${path}`, () => {
    assert.equal(scan('{"a":"1","x":{"b":"2","c":["3",{"d":"4"}]}}', path), expected);
  });
}

test('a path begins anew in each line', () => {
  assert.equal(scan('{"a":1}\n{"a":2,"b":{"a":3}}\n{"a":4}', '$.a'), ['*a=1', '*a=2', 'a=3', '*a=4']);
});

test('a part of a text', () => {
  const found: string[] = [];
  const text = 'data: {"a":"b"}\nx "c';
  scanJson(text, ({ start, end }) => found.push(text.slice(start, end)), [], 6, 15);
  assert.equal(found, ['b']);
});

test.run();
