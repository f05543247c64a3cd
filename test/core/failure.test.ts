import * as assert from 'uvu/assert';
import { describeFailure, reviveFailure } from '../../src/core/failure.js';
import { suite } from '../support/suite.js';

const test = suite('recorded failures');

const asIs = (text: string) => text;
const roundTrip = (error: unknown) => reviveFailure(describeFailure(error, asIs));

function coded(message: string, fields: object, options?: ErrorOptions): Error {
  return Object.assign(new Error(message, options), fields);
}

const FIELDS = {
  errno: -111,
  code: 'ECONNREFUSED',
  syscall: 'connect',
  address: '127.0.0.1',
  port: 80,
  fatal: true,
};

test('name, message, plain properties and causes come back', () => {
  const innermost = coded('connect ECONNREFUSED', FIELDS);
  const error = roundTrip(new TypeError('fetch failed', { cause: coded('outer', {}, { cause: innermost }) }));
  assert.instance(error, TypeError);
  assert.equal([error.name, error.message], ['TypeError', 'fetch failed']);
  const { cause } = error.cause as Error;
  assert.is((cause as Error).message, 'connect ECONNREFUSED');
  assert.equal({ ...(cause as object) }, FIELDS);
});

for (const Class of [Error, TypeError, RangeError, SyntaxError]) {
  test(`a ${Class.name} is one again`, () => {
    const error = roundTrip(new Class('message'));
    assert.is(error.constructor, Class);
    assert.is(Object.hasOwn(error, 'name'), false);
  });
}

test('an error of a class of its own has its name, and shows it', () => {
  class SocketError extends Error {
    override name = 'SocketError';
    code = 'UND_ERR_SOCKET';
  }
  const error = roundTrip(new SocketError('other side closed'));
  assert.equal(
    [error.name, error.message, String(error)],
    ['SocketError', 'other side closed', 'SocketError: other side closed'],
  );
  assert.equal(Object.keys(error), ['code']);
});

test('an AggregateError has its errors', () => {
  const inner = [coded('one', { code: 'A' }), coded('two', { code: 'B' })];
  const error = roundTrip(Object.assign(new AggregateError(inner, ''), { code: 'A' })) as AggregateError;
  assert.instance(error, AggregateError);
  assert.equal([error.name, error.message], ['AggregateError', '']);
  assert.equal(
    error.errors.map((one: NodeJS.ErrnoException) => [one.message, one.code]),
    [
      ['one', 'A'],
      ['two', 'B'],
    ],
  );
});

test('what is thrown and is no error becomes the message of one', () => {
  for (const [thrown, message] of [
    ['a text', 'a text'],
    [undefined, 'undefined'],
    [null, 'null'],
    [7, '7'],
  ] as const) {
    assert.is(roundTrip(thrown).message, message);
  }
});

test('what is no plain value is left out: objects, functions, accessors that throw', () => {
  const error = coded('m', { socket: { a: 1 }, list: [1], fn: () => 1, big: 1n, code: 'C', none: null });
  assert.equal({ ...roundTrip(error) }, { code: 'C' });
});

test('an error that is its own cause ends somewhere', () => {
  const error = new Error('round');
  error.cause = error;
  let depth = 0;
  for (let at: unknown = roundTrip(error); at instanceof Error; at = at.cause) {
    assert.is(at.message, 'round');
    depth++;
  }
  assert.ok(depth > 1 && depth < 20, String(depth));
});

test('every text that is kept goes through the function for texts', () => {
  const error = coded('secret 1', { host: 'secret 2' }, { cause: coded('secret 3', { code: 'secret 4' }) });
  const aggregate = new AggregateError([new Error('secret 5')], 'secret 6', { cause: error });
  const text = describeFailure(aggregate, (value) => value.replace(/secret \d/g, 'x'));
  assert.not.match(text, 'secret');
  assert.not.match(
    describeFailure('secret 7', (value) => value.replace(/secret \d/g, 'x')),
    'secret',
  );
});

// A cassette is edited by hand, and comes from anywhere.

for (const text of [
  'connect ECONNREFUSED',
  '[]',
  'null',
  '7',
  '{}',
  '{"name":1,"message":"m"}',
  '{"name":"Error"}',
]) {
  test(`a text that describes no error is the message: ${text}`, () => {
    const error = reviveFailure(text);
    assert.equal([error.name, error.message], ['Error', text]);
  });
}

test('no text at all is an error all the same', () => {
  assert.match(reviveFailure('').message, 'failed');
});

test('names that every object has do no harm', () => {
  const described = JSON.stringify({ name: 'constructor', message: 'm' }).replace(
    /}$/,
    ',"fields":{"__proto__":{"polluted":true},"constructor":"x","code":"C","stack":"s","message":"other"}}',
  );
  const error = reviveFailure(described);
  assert.instance(error, Error);
  assert.equal([error.name, error.message], ['constructor', 'm']);
  assert.is((error as NodeJS.ErrnoException).code, 'C');
  assert.is(Reflect.get(error, 'polluted'), undefined);
  assert.is(Reflect.get({}, 'polluted'), undefined);
});

test('only plain values become properties', () => {
  const fields = { code: 'C', toString: { deep: 1 }, toJSON: [1], errno: 5 };
  const error = reviveFailure(JSON.stringify({ name: 'Error', message: 'm', fields }));
  assert.is(String(error), 'Error: m');
  assert.equal({ ...error }, { code: 'C', errno: 5 });
});

test('causes without an end do not exhaust the stack', () => {
  const depth = 100_000;
  const deep = `${'{"name":"Error","message":"m","cause":'.repeat(depth)}null${'}'.repeat(depth)}`;
  assert.instance(reviveFailure(deep), Error);
});

test.run();
