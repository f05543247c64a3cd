import * as assert from 'uvu/assert';
import { placeMatcher } from '../../src/cli/place-pattern.js';
import { suite } from '../support/suite.js';

const test = suite('patterns of places');

const rows: readonly (readonly [pattern: string, place: string, named: boolean])[] = [
  ['body.name', 'body.name', true],
  ['body.name', 'body.names', false],
  ['body.user', 'body.user.name', true],
  ['body.user.name', 'body.user', false],
  ['body.users.*.name', 'body.users[12].name', true],
  ['body.users[12].name', 'body.users[1].name', false],
  ['body.*', 'body', false],
  ['body.**.updated_at', 'body.updated_at', true],
  ['body.**.updated_at', 'body.a[0].b.updated_at', true],
  ['**.updated_at', 'body.a.updated', false],
  ['header.x-ratelimit-*', 'header.x-ratelimit-left', true],
  ['header.x-ratelimit-*', 'header.x-rate', false],
  ['header.*-*-id', 'header.x-request-id', true],
  ['header.*-id', 'header.id', false],
  ['body["a.b"].c', 'body["a.b"].c', true],
  ['body.a.b', 'body["a.b"]', false],
  ['status', 'status', true],
];

for (const [pattern, place, named] of rows) {
  test(`${pattern} ${named ? 'names' : 'does not name'} ${place}`, () => {
    assert.is(placeMatcher([pattern])(place), named);
  });
}

test('nothing is named where there is no pattern', () => {
  assert.is(placeMatcher([])('body'), false);
});

test.run();
