import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { fingerprint, type InteractionRequest } from '../../src/index.js';
import { repoRoot } from '../support/paths.js';
import { suite } from '../support/suite.js';
import { bytes, interaction, request } from './harness.js';

interface Vector {
  readonly name: string;
  readonly request: Omit<InteractionRequest, 'body'> & { readonly bodyHex: string };
  readonly fingerprint: string;
}

const vectors = JSON.parse(readFileSync(join(repoRoot, 'fixtures/fingerprints.json'), 'utf8')) as Vector[];
const test = suite('fingerprint');

test('the vectors of the Python library are there', () => {
  assert.is(vectors.length, 12);
});

for (const { name, request: asked, fingerprint: expected } of vectors) {
  test(`agrees with the Python library: ${name}`, () => {
    const { bodyHex, ...head } = asked;
    assert.is(fingerprint({ ...head, body: new Uint8Array(Buffer.from(bodyHex, 'hex')) }), expected);
  });
}

test('every field of a request counts', () => {
  const base = request({ headers: [['a', '1']], body: bytes('x') });
  const variants: Partial<InteractionRequest>[] = [
    {},
    { protocol: 'https' },
    { action: 'get' },
    { target: 'https://api.example.com/job/' },
    { headers: [] },
    { headers: [['A', '1']] },
    { headers: [['a', '2']] },
    {
      headers: [
        ['a', '1'],
        ['a', '1'],
      ],
    },
    { body: bytes('y') },
    { body: new Uint8Array() },
  ];
  assert.is(new Set(variants.map((variant) => fingerprint({ ...base, ...variant }))).size, variants.length);
});

test('the order of headers counts, also of those with one name', () => {
  const inOrder = fingerprint(
    request({
      headers: [
        ['x-a', '1'],
        ['x-a', '2'],
      ],
    }),
  );
  const swapped = fingerprint(
    request({
      headers: [
        ['x-a', '2'],
        ['x-a', '1'],
      ],
    }),
  );
  assert.is.not(inOrder, swapped);
});

test('text does not move from one field into the next', () => {
  const one = fingerprint(request({ action: 'GET","x', target: 'y' }));
  const other = fingerprint(request({ action: 'GET', target: 'x","y' }));
  assert.is.not(one, other);
});

// What Python's json.dumps and hashlib give for ['x', 'y', target, headers, ''].
const SURROGATES: readonly (readonly [name: string, string, InteractionRequest['headers'], string])[] = [
  ['a lone high one', 'a\ud800b', [], 'fc48f737b27dd54661bca4fe4b23c76efc04c867daaf0fb765292efb7199437d'],
  ['a lone low one', 'a\udc00b', [], '4fcfb7aaee9516dec49a45000aa2d1390b06ad97a935817d7aaebbed9136f83a'],
  [
    'a pair in the wrong order',
    '\udc00\ud800',
    [['\udfff', '\ud83d']],
    'af8e93bc598ff57d26c4c4d08ab5b43027b0a4d12dc6fb7314d641ad293d78ae',
  ],
  ['U+FFFD is none', 'a\ufffdb', [], '189a1809a47779e5afd1f7ff7e562dc844d75da6ae7da771fab333403e5432ae'],
  [
    'the edges of what is escaped',
    '\ufeff\uffff\u0080\u009f\u00a0~ ',
    [],
    'c4bcb1ceff1e5b95c341af803ff286acb5a9eb98bafa06d2f430008cdf174baf',
  ],
];

for (const [name, target, headers, expected] of SURROGATES) {
  test(`surrogates: ${name}`, () => {
    assert.is(fingerprint(request({ protocol: 'x', action: 'y', target, headers })), expected);
  });
}

test('a body of 8 MiB', () => {
  const body = Uint8Array.from({ length: 8 * 1024 * 1024 }, (_, i) => (i * 31 + (i >> 8) * 7) & 255);
  assert.is(
    fingerprint(request({ action: 'PUT', target: 'https://api.example.com/blob', body })),
    'f286212e04d9b7909cec5d2c52363c4f6f6c4815f6ce4d61d1ab77faa1bac3ae',
  );
});

test('the last byte of a big body counts', () => {
  const body = new Uint8Array(8 * 1024 * 1024);
  const before = fingerprint(request({ body }));
  body[body.length - 1] = 1;
  assert.is.not(fingerprint(request({ body })), before);
});

test('a body that is a part of a larger buffer counts as that part', () => {
  const whole = Buffer.from('before{"a":1}after');
  const expected = fingerprint(request({ body: bytes('{"a":1}') }));
  assert.is(fingerprint(request({ body: whole.subarray(6, 13) })), expected);
  assert.is(fingerprint(request({ body: new Uint8Array(whole.buffer, whole.byteOffset + 6, 7) })), expected);
});

test('is the hash of the canonical JSON', () => {
  const canonical = '["http","GET","https://api.example.com/job",[["a","\\u00e9\\u007f"]],"6869"]';
  const expected = createHash('sha256').update(canonical).digest('hex');
  assert.is(fingerprint(request({ headers: [['a', 'é\u007f']], body: bytes('hi') })), expected);
});

test('an interaction has the fingerprint of its request', () => {
  const asked = request({ body: bytes('hi') });
  assert.is(interaction(asked, ['']).fingerprint, fingerprint(asked));
});

test.run();
