import * as assert from 'uvu/assert';
import {
  isPlaceholder,
  PLACEHOLDER,
  placeholder,
  placeholdersIn,
} from '../../../src/http/redaction/placeholder.js';
import { seededRandom, seedOfRun } from '../../support/seeded-random.js';
import { suite } from '../../support/suite.js';

const test = suite('placeholder');

const RANDOM = 'Zk3J9s8Dk2L1m5N7q4Rt6Vx0';
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function jwt(claims: object, signature = 'SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJVadQssw5c'): string {
  return `${part({ alg: 'HS256', typ: 'JWT', kid: 'key-1' })}.${part(claims)}.${signature}`;
}

for (const secret of [
  RANDOM,
  `sk-proj-${RANDOM}`,
  `ghp_${RANDOM}`,
  `xoxb-1234-${RANDOM}`,
  `AKIA${'Q7WE4RT2YU3OP6AS'}`,
  `SG.${RANDOM}.${RANDOM}`,
  `${RANDOM}${RANDOM}==`,
  '3f2b9c1e-7d54-4a6b-8c0d-5e9f1a2b3c4d',
  '9fceb02d0ae598e95dc970b74767f19372d61af8',
]) {
  test(`of ${secret}: the length, and the prefix of a well-known key, stay`, () => {
    const made = placeholder(secret);
    assert.is(made.length, secret.length);
    assert.match(made, /^(?:sk-proj-|ghp_|xoxb-|AKIA|SG\.)?REDACTED[0-9a-z]{8,}=*$/);
    assert.is(placeholder(secret), made);
    assert.is(placeholder(made), made);
    assert.ok(isPlaceholder(made));
    assert.is(made.replace(PLACEHOLDER, ''), '');
  });
}

test('two secrets have two placeholders', () => {
  assert.is.not(placeholder(RANDOM), placeholder(`${RANDOM}a`));
});

for (const secret of [
  'a',
  'hunter2',
  'correct horse battery staple',
  'Passw0rd12345678',
  'changeme-changeme',
  '482913',
  'abcdefghijklmnopqrstuvwxyz',
  '0000000000000000000000',
]) {
  test(`of what somebody could guess, such as ${secret}, there is no hash`, () => {
    assert.is(placeholder(secret), 'REDACTED');
  });
}

test('nothing is a placeholder of nothing', () => assert.is(placeholder(''), ''));

test('a token can still be decoded, and says when it expires', () => {
  const made = placeholder(
    jwt({ sub: 'ada', email: 'ada@example.com', exp: 1767225600, iat: 1.5, nbf: 'x' }),
  );
  const [head, claims] = made.split('.').map((text) => Buffer.from(text, 'base64url').toString());
  assert.equal(JSON.parse(head ?? ''), { typ: 'JWT', alg: 'HS256' });
  assert.equal(JSON.parse(claims ?? ''), { sub: 'REDACTED', exp: 1767225600, iat: 1.5 });
  assert.is(placeholder(made), made);
  assert.is(made.replace(PLACEHOLDER, ''), '');
  assert.is.not(placeholder(jwt({ a: 1 })), placeholder(jwt({ a: 2 })));
});

for (const text of [
  '',
  'redacted',
  'REDACTED!',
  'REDACTEDabcdefgh',
  `REDACTED${RANDOM.toLowerCase()}`,
  `${RANDOM}REDACTED`,
  `foo-${placeholder(RANDOM)}`,
  `${placeholder(RANDOM)}x!`,
  `${jwt({ a: 1 }, 'REDACTED')}`,
  jwt({ exp: 1 }, placeholder(RANDOM)),
]) {
  test(`${text} is none`, () => assert.is(isPlaceholder(text), false));
}

test('a secret that holds the word is a secret', () => {
  const secret = `REDACTED${RANDOM}`;
  assert.is.not(placeholder(secret), secret);
});

test('where placeholders stand in a text', () => {
  const made = placeholder(RANDOM);
  assert.equal(placeholdersIn(`a REDACTED, ${made}b`), [
    [2, 10],
    [12, 12 + made.length],
  ]);
});

test('the pattern takes the token, and nothing beside it', () => {
  const found = (text: string) => text.match(PLACEHOLDER);
  const token = placeholder(jwt({ exp: 1 }));
  assert.equal(found(`x.${placeholder(`sk-ant-api03-${RANDOM}`)}.y/REDACTED;z`)?.length, 2);
  assert.equal(found(`Bearer ${token}, UkVEQUNURUQ6UkVEQUNURUQ=`), [token, 'UkVEQUNURUQ6UkVEQUNURUQ=']);
  assert.equal(found(`a=${placeholder(`${RANDOM}=`).replace('=', '%3D')}&b`)?.[0]?.endsWith('%3D'), true);
});

test('random keys of every length give placeholders', () => {
  const seed = seedOfRun();
  const random = seededRandom(seed);
  for (let run = 0; run < 300; run++) {
    const secret = Buffer.from(random.bytes(1 + random.below(80))).toString('base64');
    const made = placeholder(secret);
    assert.ok(isPlaceholder(made), `TEST_SEED=${seed}: ${secret} gives ${made}`);
    assert.is(placeholder(made), made);
    assert.not.ok(isPlaceholder(secret));
  }
});

test.run();
