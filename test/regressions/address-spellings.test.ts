import * as assert from 'uvu/assert';
import { parseAddress } from '../../src/stores/addresses/address.js';
import { suite } from '../support/suite.js';

const test = suite('spellings of one address');

test('a # in the path of a database does not begin the name of a cassette when it is read again', () => {
  const address = parseAddress('sqlite:all.db', '/home/ada/c#/app');
  assert.is((address as { path?: string }).path, '/home/ada/c#/app/all.db');
  assert.equal(parseAddress(address.text, '/elsewhere'), address);
  assert.equal(parseAddress(address.location, '/elsewhere'), address);
  const named = parseAddress('sqlite:all.db#users', '/home/ada/c#/app');
  assert.equal(parseAddress(named.text, '/elsewhere'), named);
});

test('a URL object means the file that was written', () => {
  for (const text of ['sqlite:///data/my cassettes/größe.db#naïve', 'sqlite:/data/a#b']) {
    assert.equal(parseAddress(new URL(text)), parseAddress(text));
  }
});

test('the same cassette has the same location', () => {
  for (const [one, other] of [
    ['sqlite:/data/all.db', 'sqlite:/data/all.db#default'],
    ['redis://cache.example/suite', 'redis://Cache.Example:6379/0/suite'],
    ['redis://cache.example/3/suite', 'REDIS://cache.example/03/suite'],
  ] as const) {
    assert.is(parseAddress(other).location, parseAddress(one).location);
  }
});

test.run();
