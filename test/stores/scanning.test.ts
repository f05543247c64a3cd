import { generateKeyPairSync } from 'node:crypto';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { placeholder } from '../../src/http/redaction/placeholder.js';
import {
  Cassette,
  CassetteSaveError,
  type CassetteStore,
  type InvalidOptionError,
  MemoryCassetteStore,
} from '../../src/index.js';
import { ScanningCassetteStore } from '../../src/stores/scanning.js';
import { loadScanner, type Scanner } from '../../src/stores/secretlint.js';
import { storeContract } from '../contract/store-contract.js';
import { failure } from '../support/failure.js';
import { cassetteOf, interaction, named, namesIn } from '../support/interactions.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

const test = suite('ScanningCassetteStore');

/** Finds every SECRET-… in a text. */
const stub: Scanner = async (text) =>
  Array.from(text.matchAll(/SECRET-\w+/g), ({ index }) => ({ rule: 'stub-rule', offset: index }));
const clean: Scanner = async () => [];

function scanning(onFinding: 'warn' | 'error', scanner: Scanner = stub) {
  const inner = new MemoryCassetteStore({ createIfMissing: true });
  const warnings: string[] = [];
  const store = new ScanningCassetteStore(inner, scanner, { onFinding, warn: (line) => warnings.push(line) });
  return { inner, store, warnings };
}

storeContract(test, {
  make: (options) =>
    new ScanningCassetteStore(new MemoryCassetteStore(options), clean, { onFinding: 'warn', warn: () => {} }),
  reopen: (store) => store,
  exists: () => false,
});

const leaking = interaction({
  action: 'POST',
  target: 'http://api.example/leak',
  answer: '{"user":{"note":"SECRET-abc"}}',
});

test('error: what holds a secret is not saved, and the error says where, not what', async () => {
  const { inner, store } = scanning('error');
  const error = await failure(CassetteSaveError, () => store.save(new Cassette([leaking])));
  assert.is(
    error.message,
    'Cannot save the cassette in memory: what looks like a secret stands in POST http://api.example/leak, at ' +
      'response.body $.user.note (stub-rule). This was not saved. ' +
      "It can be redacted: redact: { json: ['$.user.note'] }.",
  );
  assert.is((await inner.load()).size, 0);
});

/** A store that notes what it is handed. */
function noting() {
  const handed: (readonly [cassette: readonly string[], since: readonly string[] | undefined])[] = [];
  const inner: CassetteStore = {
    load: async () => new Cassette(),
    save: async (cassette, since) => {
      handed.push([namesIn(cassette), since && namesIn(since)]);
    },
  };
  return { handed, store: new ScanningCassetteStore(inner, stub, { onFinding: 'error', warn: () => {} }) };
}

test('error: the others of the same save are saved, and later saves leave it out and succeed', async () => {
  const { handed, store } = noting();
  const first = new Cassette([named('a'), leaking, named('b')]);
  await failure(CassetteSaveError, () => store.save(first));
  const second = first.append(named('c'));
  await store.save(second, first);
  await store.save(new Cassette([named('d'), ...second.interactions]), second);
  assert.equal(handed, [
    [['a', 'b'], undefined],
    [
      ['a', 'b', 'c'],
      ['a', 'b'],
    ],
    [
      ['d', 'a', 'b', 'c'],
      ['a', 'b', 'c'],
    ],
  ]);
});

test('error: where nothing else is to be saved, the other store is not asked to', async () => {
  const { handed, store } = noting();
  await failure(CassetteSaveError, () => store.save(new Cassette([leaking])));
  await store.save(new Cassette([leaking]));
  assert.equal(handed, []);
  assert.is(store.saveSync, undefined);
});

test('a URL in which something was found is not told, whatever the scanner says of the message', async () => {
  const { store } = scanning('error', async (text) => {
    const found = /\nGET\n.*hidden/.exec(text);
    return found === null ? [] : [{ rule: 'stub-rule', offset: found.index + found[0].length - 1 }];
  });
  const cassette = new Cassette([interaction({ target: 'http://api.example/?a=hidden' })]);
  const error = await failure(CassetteSaveError, () => store.save(cassette));
  assert.match(error.message, 'GET http://api.example, at request.target');
  assert.not.match(error.message, 'hidden');
});

test('warn: a line for each place, and all is saved', async () => {
  const { inner, store, warnings } = scanning('warn');
  const twice = interaction({ answer: '["SECRET-a","b","SECRET-c"]', target: 'http://api.example/twice' });
  await store.save(new Cassette([leaking, twice]));
  await store.save(new Cassette([leaking, twice, named('a')]));
  assert.equal(
    warnings.map((line) => /at (response\.body \S+) /.exec(line)?.[1]),
    ['response.body $.user.note', 'response.body $[0]', 'response.body $[2]'],
  );
  assert.equal(namesIn(await inner.load()), ['leak', 'twice', 'a']);
});

test('each interaction is scanned once', async () => {
  const scanned: string[] = [];
  const { store } = scanning('error', async (text) => {
    scanned.push(/example\/(\w+)/.exec(text)?.[1] ?? '');
    return [];
  });
  const cassette = cassetteOf('a', 'b');
  await store.save(cassette);
  await store.save(cassette.append(named('c')));
  assert.equal(scanned, ['a', 'b', 'c']);
});

test('what the store held before is not scanned, and goes through', async () => {
  const { inner, store, warnings } = scanning('error');
  const old = new Cassette([leaking]);
  await inner.save(old);
  await store.save((await store.load()).append(named('a')));
  assert.equal(namesIn(await inner.load()), ['leak', 'a']);
  assert.equal(warnings, []);

  const other = scanning('error');
  await other.inner.save(old);
  await other.store.save(old.append(named('a')), old);
  assert.equal(namesIn(await other.inner.load()), ['leak', 'a']);
});

test('at the exit nothing can be scanned: warn saves and says so', async () => {
  const { inner, store, warnings } = scanning('warn');
  await store.save(cassetteOf('a'));
  store.saveSync?.(new Cassette([...(await inner.load()).interactions, leaking, named('b')]));
  assert.equal(namesIn(await inner.load()), ['a', 'leak', 'b']);
  assert.equal(warnings, [
    'the cassette in memory: the process exits, and 2 interactions were not scanned for secrets.',
  ]);
  store.saveSync?.(await inner.load());
});

test('at the exit nothing can be scanned: error saves what was scanned before, and throws', async () => {
  const { inner, store } = scanning('error');
  const before = cassetteOf('a');
  await store.save(before);
  const error = await failure(CassetteSaveError, () => store.saveSync?.(before.append(named('b')), before));
  assert.match(error.message, '1 interaction was not scanned');
  assert.equal(namesIn(await inner.load()), ['a']);
});

const PLACES: readonly (readonly [
  place: string,
  redact: string,
  sketch: Parameters<typeof interaction>[0],
])[] = [
  ['request.target', 'values: […]', { target: 'http://api.example/x?a=SECRET-1' }],
  ['request.headers X-Thing', "headers: ['X-Thing']", { headers: [['X-Thing', 'SECRET-1']] }],
  ['request.body $.a[1].b', "json: ['$.a[1].b']", { body: '{"a":[0,{"b":"SECRET-1"}]}' }],
  ["response.body $['a b']", "json: ['$['a b']']", { answer: '{"a b":"SECRET-1"}' }],
  ['response.body line 3', 'values: […]', { answer: 'one\ntwo\nthree SECRET-1\nfour' }],
  ['response.body line 2', 'values: […]', { answer: ['data: a\nSEC', 'RET-1\n'] }],
  ['response.body', 'values: […]', { answer: Buffer.from('\u0000\u0001SECRET-1') }],
  [
    'response.metadata set-cookie',
    "headers: ['set-cookie']",
    {
      head: [
        ['status_code', '200'],
        ['header:set-cookie', 'a=SECRET-1'],
      ],
    },
  ],
  [
    'response.chunkMetadata.1 x-sum',
    "headers: ['x-sum']",
    { answer: ['a', 'b'], trailers: [['trailer:x-sum', 'SECRET-1']] },
  ],
  [
    'request.body pin',
    "json: ['pin']",
    { headers: [['content-type', 'application/x-www-form-urlencoded']], body: 'a=1&pin=SECRET-1' },
  ],
  [
    'request.body line 1',
    'values: […]',
    {
      headers: [['content-type', 'multipart/form-data; boundary=b']],
      body: '--b\r\ncontent-disposition: form-data; name="a"\r\n\r\nSECRET-1\r\n--b--\r\n',
    },
  ],
];

for (const [place, redact, sketch] of PLACES) {
  test(`a place is named: ${place}`, async () => {
    const { store } = scanning('error');
    const error = await failure(CassetteSaveError, () => store.save(new Cassette([interaction(sketch)])));
    assert.match(error.message, `at ${place} (stub-rule)`);
    assert.match(error.message, 'redact: {');
    assert.match(
      error.message,
      redact.replaceAll("'['a b']'", "'[\\'a b\\']'").replace("$['a b']'", "$[\\'a b\\']'"),
    );
    assert.not.match(error.message, 'SECRET');
  });
}

test('a secret in a name, in the URL or in user-info is not told either', async () => {
  for (const sketch of [
    { target: 'http://api.example/SECRET-1' },
    { target: 'http://SECRET-1:SECRET-2@api.example/' },
    { answer: '{"SECRET-1":"a"}' },
    { answer: '{"SECRET-1":{"b":"SECRET-2"}}' },
    { headers: [['SECRET-1', 'a']] as const },
    { target: 'SECRET-1' },
  ]) {
    const { store } = scanning('error');
    const error = await failure(CassetteSaveError, () => store.save(new Cassette([interaction(sketch)])));
    assert.not.match(error.message, 'SECRET', JSON.stringify(sketch));
  }
});

test('an error names the first findings of very many', async () => {
  const { store } = scanning('error');
  const answer = JSON.stringify(Array.from({ length: 30 }, (_, n) => `SECRET-${n}`));
  const error = await failure(CassetteSaveError, () => store.save(new Cassette([interaction({ answer })])));
  assert.match(error.message, '$[9]');
  assert.not.match(error.message, '$[10]');
  assert.match(error.message, 'and 20 more');
});

test('a scanner that fails: warn saves, error does not', async () => {
  const failing: Scanner = async () => {
    throw new RangeError('SECRET-1');
  };
  const lax = scanning('warn', failing);
  await lax.store.save(cassetteOf('a'));
  assert.match(lax.warnings.join(), 'the scanner failed on GET http://api.example (RangeError)');
  assert.equal(namesIn(await lax.inner.load()), ['a']);
  const strict = scanning('error', failing);
  const error = await failure(CassetteSaveError, () => strict.store.save(cassetteOf('a')));
  assert.not.match(error.message, 'SECRET');
  assert.is((await strict.inner.load()).size, 0);
});

test('saves keep their order while one is scanned', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { inner, store } = scanning('error', async (text) => {
    if (text.includes('slow')) {
      await held;
    }
    return [];
  });
  const saves = [store.save(cassetteOf('slow')), store.save(cassetteOf('slow', 'fast'))];
  release();
  await Promise.all(saves);
  assert.equal(namesIn(await inner.load()), ['slow', 'fast']);
});

// Put together here, so that a scan of this repository finds nothing.
const token = ['ghp', 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6'].join('_');
const { privateKey: pem } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

test('secretlint finds tokens in JSON, in text, in compressed and in binary bodies', async () => {
  const scanner = await loadScanner();
  for (const sketch of [
    { answer: JSON.stringify({ a: { b: [token] } }) },
    { answer: `a ${token} b` },
    { answer: [`data: ${token.slice(0, 9)}`, `${token.slice(9)}\n\n`] },
    { answer: Buffer.concat([Buffer.from([0, 1, 255]), Buffer.from(` ${token} `)]) },
    { answer: JSON.stringify({ pem }) },
    { answer: pem },
    {
      answer: gzipSync(token),
      head: [['status_code', '200'] as const, ['header:content-encoding', 'gzip'] as const],
    },
    { answer: `secretlint-disable\n${token}` },
    { target: `http://api.example/?t=${token}` },
    { target: ['http://ada:hunter2hunter2', 'api.test/'].join('@') },
    { headers: [['x-thing', token]] as const },
  ]) {
    const { store, inner } = scanning('error', scanner);
    const error = await failure(CassetteSaveError, () => store.save(new Cassette([interaction(sketch)])));
    assert.match(error.message, '@secretlint/secretlint-rule-');
    assert.not.match(error.message, token.slice(4, 12));
    assert.not.match(error.message, 'hunter2');
    assert.is((await inner.load()).size, 0);
  }
});

test('a scanner that is not installed is an error that says how to install it', async () => {
  const folder = tempFolder();
  const parts = [
    'stores/secretlint.js',
    'stores/optional-packages.js',
    'core/errors.js',
    'core/printable.js',
  ];
  for (const part of parts) {
    mkdirSync(join(folder, dirname(part)), { recursive: true });
    copyFileSync(new URL(`../../src/${part}`, import.meta.url), join(folder, part));
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const alone = (await import(pathToFileURL(join(folder, 'stores/secretlint.js')).href)) as {
    loadScanner: typeof loadScanner;
  };
  const error = await failure(Error, () => alone.loadScanner());
  assert.is((error as InvalidOptionError).code, 'ERR_INVALID_OPTION');
  assert.is(
    error.message,
    'Invalid scan: the scanner is not installed. Run: npm install --save-dev @secretlint/core ' +
      '@secretlint/secretlint-rule-preset-recommend',
  );
});

test('secretlint finds nothing in what is redacted, or innocent', async () => {
  const { store, warnings } = scanning('warn', await loadScanner());
  const answer = JSON.stringify({
    token: placeholder(token),
    at: 1712345678901,
    id: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
  });
  await store.save(
    new Cassette([interaction({ answer }), interaction({ answer: `x ${placeholder(token)} y` })]),
  );
  assert.equal(warnings, []);
});

test.run();
