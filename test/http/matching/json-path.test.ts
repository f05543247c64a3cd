import * as assert from 'uvu/assert';
import { InvalidOptionError } from '../../../src/core/errors.js';
import {
  changeAt,
  type JsonPath,
  parsePath,
  startOf,
  valuesAt,
} from '../../../src/http/matching/json-path.js';
import type { JsonValue } from '../../../src/http/matching/request-parts.js';
import { suite } from '../../support/suite.js';

const test = suite('JSON paths');

const path = (text: string) => parsePath(text, 'match.body.ignore[0]');
const withoutPaths = (value: JsonValue, paths: readonly JsonPath[]) =>
  changeAt(value, startOf(paths), () => undefined);
const order = {
  email: 'a@b.c',
  'any name': 1,
  "it's": 2,
  items: [
    { id: 1, tags: ['x', 'y'], at: { time: 5 } },
    { id: 2, tags: [], time: 6 },
  ],
  time: 7,
  0: 'zero',
};

const found: Record<string, readonly unknown[]> = {
  '$.email': ['a@b.c'],
  "$['any name']": [1],
  '$["any name"]': [1],
  "$['it\\'s']": [2],
  '$.items[0].id': [1],
  '$.items[*].id': [1, 2],
  '$.items.*.id': [1, 2],
  '$.items[1].tags[0]': [],
  '$.items[2]': [],
  '$..time': [5, 6, 7],
  '$.items..time': [5, 6],
  "$..['time']": [5, 6, 7],
  '$..[0]': [order.items[0], 'x'],
  '$..tags[*]': ['x', 'y'],
  '$.items..*..time': [5, 6],
  '$[0]': [],
  '$.0': ['zero'],
  '$.nothing.at.all': [],
  '$.email.length': [],
  '$.items.length': [],
  '$.constructor': [],
  '$.__proto__': [],
};

for (const [text, values] of Object.entries(found)) {
  test(`${text} names ${JSON.stringify(values)}`, () => {
    const byPlace = (a: unknown, b: unknown) => JSON.stringify(a).localeCompare(JSON.stringify(b));
    assert.equal([...valuesAt(order, path(text))].sort(byPlace), [...values].sort(byPlace));
  });
}

const withoutThem: Record<string, readonly [value: unknown, rest: unknown]> = {
  '$.a': [{ a: 1, b: 2 }, { b: 2 }],
  '$.list[*].id': [{ list: [{ id: 1, x: 1 }, { id: 2 }] }, { list: [{ x: 1 }, {}] }],
  '$.list[0]': [{ list: [1, 2] }, { list: [2] }],
  '$[*]': [[1, 2], []],
  '$..at': [{ at: 1, b: [{ at: { at: 2 } }] }, { b: [{}] }],
  '$.a.b': [{ a: 'text' }, { a: 'text' }],
};

for (const [text, [value, rest]] of Object.entries(withoutThem)) {
  test(`without ${text}`, () => assert.equal(withoutPaths(value as never, [path(text)]), rest));
}

test('several paths at once', () => {
  assert.equal(withoutPaths({ a: 1, b: { c: 2, d: 3 } }, [path('$.a'), path('$.b.c')]), { b: { d: 3 } });
});

test('a value is left alone, and parts without a named place are shared', () => {
  const value = { a: { b: 1 }, c: [1] };
  const changed = changeAt(value, startOf([path('$.a.b')]), () => 2) as typeof value;
  assert.equal(value, { a: { b: 1 }, c: [1] });
  assert.equal(changed, { a: { b: 2 }, c: [1] });
  assert.is(changed.c, value.c);
});

test('a member __proto__ is a member like others', () => {
  const value = JSON.parse('{"__proto__":{"x":1,"y":2},"a":1}');
  assert.equal(valuesAt(value, path('$.__proto__.x')), [1]);
  assert.is(JSON.stringify(withoutPaths(value, [path('$.__proto__.x')])), '{"__proto__":{"y":2},"a":1}');
  assert.is(({} as { x?: number }).x, undefined);
});

test('many deep steps stay quick', () => {
  let value: object = { a: 1 };
  for (let depth = 0; depth < 200; depth++) {
    value = { a: value };
  }
  assert.is(valuesAt(value as never, path('$..a'.padEnd(100, '..a').slice(0, 100))).length > 0, true);
});

for (const text of [
  '',
  '$',
  'email',
  '.email',
  '$email',
  '$.',
  '$..',
  '$...a',
  '$[',
  '$[]',
  '$[-1]',
  '$[01]',
  '$[1:2]',
  '$[?(@.a)]',
  "$['a",
  '$.a b',
  '$.a[*',
  '$.a.',
  3,
  null,
]) {
  test(`${JSON.stringify(text)} is no path`, () => {
    try {
      path(text as string);
    } catch (error) {
      assert.instance(error, InvalidOptionError);
      assert.is((error as InvalidOptionError).option, 'match.body.ignore[0]');
      return;
    }
    assert.unreachable('it was taken');
  });
}

test.run();
