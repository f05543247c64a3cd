import * as assert from 'uvu/assert';
import { InvalidOptionError } from '../../../src/core/errors.js';
import type { InteractionRequest } from '../../../src/core/interaction.js';
import { parseVaryPlace, valuesAt } from '../../../src/http/matching/vary-places.js';
import { suite } from '../../support/suite.js';

const test = suite('vary places');

const request: InteractionRequest = {
  protocol: 'http',
  action: 'POST',
  target: 'http://api.test/users/a%2Fb/?nonce=x+y&n=1&n=2&flag',
  headers: [
    ['Idempotency-Key', ' k1 '],
    ['x-many', '1'],
    ['X-Many', '2'],
    ['content-type', 'application/json'],
  ],
  body: Buffer.from('{"email":"a@b.c","items":[{"id":7},{"id":"8"}],"ok":true,"none":null}'),
};
const typed = (contentType: string, body: string): InteractionRequest => ({
  ...request,
  headers: [['content-type', contentType]],
  body: Buffer.from(body),
});
const multipart = typed(
  'multipart/form-data; boundary=A',
  '--A\r\nContent-Disposition: form-data; filename="no"; name="a%22b"\r\n\r\nx\r\n' +
    '--A\r\nContent-Disposition: form-data; name=data\r\n\r\n{"id":3}\r\n--A--',
);

for (const [place, values, from = request] of [
  ['body:$.email', ['a@b.c']],
  ['body:$.items[*].id', ['7', '8']],
  ['body:$..id', ['7', '8']],
  ['body:$.ok', []],
  ['body:$.none', []],
  ['body:$.items', []],
  ['header:idempotency-key', ['k1']],
  ['header:X-MANY', ['1', '2']],
  ['header:absent', []],
  ['query:nonce', ['x y']],
  ['query:n', ['1', '2']],
  ['query:flag', []],
  ['query:Nonce', []],
  ['path:0', ['users']],
  ['path:1', ['a/b']],
  ['path:2', ['']],
  ['path:3', []],
  ['body:$.id', ['5 6'], typed('application/x-www-form-urlencoded', 'id=5+6&x=1')],
  ['body:$["a\\"b"]', ['x'], multipart],
  ['body:$.data.id', ['3'], multipart],
  ['body:$.id', [], typed('text/csv', 'id')],
  ['path:0', [], { ...request, target: 'no url' }],
  ['query:a', [], { ...request, target: 'no url?a=1' }],
] as const) {
  test(`${place} of ${from.target} ${from.headers[0]?.[1]}`, () => {
    assert.equal(valuesAt(from, parseVaryPlace(place)), values);
  });
}

for (const text of [
  '',
  'email',
  '$.email',
  'body',
  'body:',
  'body:email',
  'cookie:a',
  'path:',
  'path:x',
  'path:-1',
  7,
]) {
  test(`${JSON.stringify(text)} is no place`, () => {
    try {
      parseVaryPlace(text as string, 2);
    } catch (error) {
      assert.instance(error, InvalidOptionError);
      assert.is((error as InvalidOptionError).option, 'vary[2]');
      return;
    }
    assert.unreachable('it was taken');
  });
}

test.run();
