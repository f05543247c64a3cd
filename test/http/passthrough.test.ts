import * as assert from 'uvu/assert';
import { type PassthroughRule, passthroughOf } from '../../src/http/passthrough.js';
import { InvalidOptionError } from '../../src/index.js';
import { suite } from '../support/suite.js';

const test = suite('passthrough rules');

const passes = (rule: PassthroughRule | readonly PassthroughRule[], target: string, action = 'GET') =>
  passthroughOf(rule)({ protocol: 'http', action, target, headers: [] });

type Row = readonly [rule: PassthroughRule, yes: readonly string[], no: readonly string[]];

const ROWS: readonly Row[] = [
  // Hosts
  [
    'api.example.com',
    ['http://api.example.com/', 'https://api.example.com:8443/a?b', 'http://user:pass@api.example.com/'],
    [
      'http://example.com/',
      'http://v1.api.example.com/',
      'http://api.example.com.evil.test/',
      'http://evil.test/api.example.com',
      'http://evil.test/?u=http://api.example.com/',
      'http://api.example.com@evil.test/',
    ],
  ],
  ['API.Example.com', ['http://api.example.com/', 'http://API.EXAMPLE.COM/'], []],
  ['10.0.0.1', ['http://10.0.0.1/'], ['http://10.0.0.10/', 'http://110.0.0.1/']],
  ['[::1]', ['http://[::1]/', 'http://[0:0:0:0:0:0:0:1]:80/'], ['http://[::2]/']],
  ['a.b', ['http://a.b/'], ['http://axb/']],
  // Ports
  [
    'localhost:3000',
    ['http://localhost:3000/x', 'https://localhost:3000/'],
    ['http://localhost/', 'http://localhost:30000/'],
  ],
  ['example.com:80', ['http://example.com/', 'https://example.com:80/'], ['https://example.com/']],
  ['example.com:443', ['https://example.com/'], ['http://example.com/']],
  ['[::1]:3000', ['http://[::1]:3000/'], ['http://[::1]/']],
  // Subdomains
  [
    '*.example.com',
    ['http://a.example.com/', 'https://a.b.example.com:8443/'],
    ['http://example.com/', 'http://aexample.com/', 'http://a.example.com.test/'],
  ],
  ['*.example.com:8080', ['http://a.example.com:8080/'], ['http://a.example.com/']],
  // The beginning of a URL
  ['http://example.com', ['http://example.com/', 'http://example.com/a?b#c'], ['https://example.com/']],
  [
    'http://example.com:80/',
    ['http://example.com/'],
    ['http://example.com:8080/', 'http://example.com.test/'],
  ],
  [
    'https://example.com/v1',
    ['https://example.com/v1', 'https://example.com/v1/', 'https://example.com/v1/users?x=1'],
    ['https://example.com/v10', 'https://example.com/', 'https://example.com/a/v1', 'https://example.com/V1'],
  ],
  ['https://example.com/v1/', ['https://example.com/v1/users'], ['https://example.com/v10']],
  ['HTTPS://EXAMPLE.com/a', ['https://example.com/a'], ['https://example.com/A']],
  [
    'https://example.com/a?b=1',
    ['https://example.com/a?b=1'],
    ['https://example.com/a', 'https://example.com/a?b=2'],
  ],
  // This machine
  [
    'loopback',
    [
      'http://localhost/',
      'http://LOCALHOST:3000/',
      'http://localhost./',
      'http://api.localhost/',
      'http://127.0.0.1/',
      'http://127.0.0.2:8080/',
      'http://127.255.255.254/',
      'http://127.1/',
      'http://2130706433/',
      'http://0x7f.0.0.1/',
      'http://0.0.0.0:3000/',
      'https://[::1]/',
      'http://[0:0:0:0:0:0:0:1]/',
      'http://[::]/',
      'http://[::ffff:127.0.0.1]:3000/',
      'http://[::ffff:7f00:1]/',
    ],
    [
      'http://128.0.0.1/',
      'http://126.255.255.255/',
      'http://10.0.0.1/',
      'http://192.168.0.1/',
      'http://0.0.0.1/',
      'http://[::2]/',
      'http://[::1:1]/',
      'http://[::ffff:10.0.0.1]/',
      'http://[fe80::1]/',
      'http://localhost.example.com/',
      'http://notlocalhost/',
      'http://127.0.0.1.example.com/',
      'http://example.com/localhost',
      'http://loopback/',
    ],
  ],
  // What tests URLs
  [
    /^https:\/\/[^/]+\/health$/,
    ['https://a.test/health'],
    ['https://a.test/healthy', 'http://a.test/health'],
  ],
  [/HEALTH/i, ['http://a.test/health'], ['http://a.test/']],
  [{ test: (url: string) => url.endsWith('/x') }, ['http://a.test/x'], ['http://a.test/y']],
  [(url) => url.pathname === '/x', ['http://a.test/x?y'], ['http://a.test/y']],
];

for (const [rule, yes, no] of ROWS) {
  test(`${typeof rule === 'object' && !(rule instanceof RegExp) ? 'an object with test()' : String(rule)}`, () => {
    assert.equal(
      yes.filter((target) => !passes(rule, target)),
      [],
    );
    assert.equal(
      no.filter((target) => passes(rule, target)),
      [],
    );
  });
}

test('nothing is left alone where there is no rule', () => {
  const head = { protocol: 'http', action: 'GET', target: 'http://localhost/', headers: [] };
  assert.is(passthroughOf(undefined)(head), false);
  assert.is(passthroughOf([])(head), false);
});

test('of several rules one is enough', () => {
  const rules = ['a.test', /^http:\/\/b\./, () => false];
  assert.equal(
    ['http://a.test/', 'http://b.test/', 'http://c.test/'].map((target) => passes(rules, target)),
    [true, true, false],
  );
});

for (const flags of ['g', 'y', 'gy']) {
  test(`a RegExp with the flags ${flags} says the same each time, and is left as it was`, () => {
    const rule = new RegExp('http://a', flags);
    const isLeftAlone = passthroughOf(rule);
    const head = { protocol: 'http', action: 'GET', target: 'http://a.test/', headers: [] };
    assert.equal([isLeftAlone(head), isLeftAlone(head), isLeftAlone(head)], [true, true, true]);
    assert.is(rule.lastIndex, 0);
  });
}

test('a function gets the URL and the method, and what it gives counts as true or false', () => {
  const seen: unknown[] = [];
  const rule = (url: URL, method: string) => {
    seen.push([url instanceof URL, url.href, method]);
    return (method === 'POST' ? 'yes' : undefined) as unknown as boolean;
  };
  assert.is(passes(rule, 'http://a.test/x?y=1', 'POST'), true);
  assert.is(passes(rule, 'http://a.test/x?y=1', 'GET'), false);
  assert.equal(seen, [
    [true, 'http://a.test/x?y=1', 'POST'],
    [true, 'http://a.test/x?y=1', 'GET'],
  ]);
});

test.skipUnless('URLPattern' in globalThis, 'this Node has no URLPattern')('a URLPattern', () => {
  const Pattern = Reflect.get(globalThis, 'URLPattern') as new (
    init: object,
  ) => { test(url: string): boolean };
  const rule = new Pattern({ hostname: '*.example.com', pathname: '/v1/:id' });
  assert.is(passes(rule, 'https://a.example.com/v1/7'), true);
  assert.is(passes(rule, 'https://a.example.com/v1/7/8'), false);
});

test('what is no URL is not left alone', () => {
  assert.is(
    passes(() => true, 'not a url'),
    false,
  );
});

const BAD: readonly unknown[] = [
  '',
  ' ',
  '*',
  '*.',
  'a b',
  '/health',
  'example.com/health',
  'http://',
  'https://*.example.com/',
  'ws://example.com/',
  'localhost:port',
  'localhost:99999',
  null,
  7,
  true,
  {},
  Object.create(null),
  ['a.test'],
];

for (const rule of BAD) {
  const shown = JSON.stringify(rule);
  test(`${shown} is no rule`, () => {
    try {
      passthroughOf(['a.test', rule] as never);
    } catch (error) {
      assert.instance(error, InvalidOptionError);
      assert.is((error as InvalidOptionError).option, 'options.passthrough[1]');
      assert.match((error as Error).message, 'the word "loopback"');
      return;
    }
    assert.unreachable(`${shown} was taken for a rule`);
  });
}

test('the word loopback is known in any case, as hosts are', () => {
  assert.is(passes('Loopback', 'http://localhost/'), true);
});

test('an address is the same in whichever way the rule spells it', () => {
  assert.is(passes('[0:0:0:0:0:0:0:1]', 'http://[::1]/'), true);
  assert.is(passes('127.1', 'http://127.0.0.1/'), true);
  assert.is(passes('münchen.example', 'http://xn--mnchen-3ya.example/'), true);
});

test.run();
