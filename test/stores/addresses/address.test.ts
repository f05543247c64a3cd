import { resolve } from 'node:path';
import * as assert from 'uvu/assert';
import { InvalidOptionError } from '../../../src/index.js';
import { type Address, parseAddress } from '../../../src/stores/addresses/address.js';
import { failure } from '../../support/failure.js';
import { suite } from '../../support/suite.js';

const test = suite('addresses of cassettes');
const folder = resolve('/work/project');

type Row = readonly [given: string | URL, read: Partial<Address> & Record<string, unknown>];

const ROWS: readonly Row[] = [
  ['a.json', { kind: 'file', location: resolve(folder, 'a.json') }],
  ['sub/redis.json', { kind: 'file', location: resolve(folder, 'sub/redis.json') }],
  [new URL('file:///tmp/a.json'), { kind: 'file', location: resolve('/tmp/a.json') }],
  ['sqlite:./all.db', { kind: 'sqlite', path: resolve(folder, 'all.db'), cassette: undefined }],
  ['sqlite:/var/all.db', { kind: 'sqlite', path: resolve('/var/all.db') }],
  ['sqlite:///var/all.db', { kind: 'sqlite', path: resolve('/var/all.db') }],
  ['SQLITE:all.db', { kind: 'sqlite', location: `sqlite:${resolve(folder, 'all.db')}` }],
  [
    'sqlite:all.db#users/get',
    {
      kind: 'sqlite',
      cassette: 'users/get',
      path: resolve(folder, 'all.db'),
      location: `sqlite:${resolve(folder, 'all.db')}#users/get`,
    },
  ],
  [
    'redis://cache.example/suite/users',
    {
      kind: 'redis',
      url: 'redis://cache.example',
      prefix: 'suite/users',
      location: 'redis://cache.example/suite/users',
    },
  ],
  [
    'rediss://me:pass%2Fword@cache.example:7000/3/suite/?family=6',
    {
      kind: 'redis',
      url: 'rediss://me:pass%2Fword@cache.example:7000/3?family=6',
      prefix: 'suite',
      location: 'rediss://cache.example:7000/3/suite',
      text: 'rediss://me:pass%2Fword@cache.example:7000/3/suite/?family=6',
    },
  ],
  [new URL('s3://bucket/team/suite'), { kind: 's3', bucket: 'bucket', prefix: 'team/suite' }],
];

for (const [given, expected] of ROWS) {
  test(`${given} is read`, () => {
    const address = parseAddress(given, folder) as unknown as Record<string, unknown>;
    assert.equal(Object.fromEntries(Object.keys(expected).map((name) => [name, address[name]])), expected);
  });

  test(`${given} is the same when what it says is read in another folder`, () => {
    const address = parseAddress(given, folder);
    assert.equal(parseAddress(address.text, resolve('/elsewhere')), address);
  });
}

const BAD: readonly (readonly [given: string, message: RegExp])[] = [
  ['', /names no file/],
  ['a\0b', /names no file/],
  ['https://example.com/a.json', /https: is no kind of address.*sqlite:PATH/],
  ['postgres://me:secret-word@db/x', /postgres: is no kind of address/],
  ['file://host/a.json', /file: URL/],
  ['file:./a.json', /A relative path stands by itself, without file:/],
  ['sqlite:', /names no file; write sqlite:\.\/cassettes\.db/],
  ['sqlite::memory:', /names no file/],
  ['sqlite://host/all.db', /names no file/],
  ['redis://cache.example', /names no cassette; write redis:\/\/HOST\/PREFIX/],
  ['redis://cache.example/0', /names no cassette/],
  ['redis://me:secret-word@cache.example/a b', /characters in its prefix/],
  ['redis://me:secret-word@cache.example/a//b', /characters in its prefix/],
  ['redis:suite', /names no host; give .*BUCKET\/PREFIX\.$/],
  ['redis://me:secret-word/2@cache.example/suite', /In a password "\/" is written %2F/],
  ['s3://bucket', /names no cassette; write s3:\/\/BUCKET\/PREFIX/],
  ['s3://id:secret-word@bucket/suite', /those of the environment/],
];

for (const [given, message] of BAD) {
  test(`${JSON.stringify(given)} is refused, without its password`, async () => {
    const error = await failure(InvalidOptionError, async () => parseAddress(given, folder));
    assert.match(error.message, message);
    assert.not.match(error.message, /secret-word/);
  });
}

test.run();
