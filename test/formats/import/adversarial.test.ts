import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { ImportError } from '../../../src/formats/import/import-error.js';
import { repoRoot } from '../../support/paths.js';
import { type SeededRandom, seededRandom, seedOfRun } from '../../support/seeded-random.js';
import { suite } from '../../support/suite.js';
import { answer, harEntry, harFile, imported, problemOf, requests } from './files.js';

const test = suite('import: adversarial files');

const folder = join(repoRoot, 'fixtures', 'imports');
const texts = [
  ...readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => readFileSync(join(folder, name), 'utf8')),
  JSON.stringify(
    harFile(harEntry(), harEntry({ request: { method: 'POST', postData: { mimeType: 'a/b', text: 'x' } } })),
  ),
  JSON.stringify(
    harFile(
      harEntry({
        _interposition: { metadata: [['a', 'b']], chunks: [4, 4], interim: [['interim:status_code', '103']] },
      }),
    ),
  ),
];
const baseUrl = 'https://api.example.com';

test('a file that is cut off anywhere is said to be', () => {
  for (const text of texts) {
    const whole = text.trimEnd();
    for (let part = 0; part < 40; part++) {
      const cut = Math.floor((whole.length * part) / 40);
      assert.match(
        problemOf(whole.slice(0, cut)),
        /it is cut off, or not JSON \(/,
        `after ${cut} characters`,
      );
    }
  }
});

test('bytes that are no text, and JSON of something else', () => {
  assert.throws(() => imported('\ufeff{'), 'not JSON');
  for (const file of [
    null,
    7,
    '"x"',
    true,
    {},
    { log: 7 },
    { log: { entries: {} } },
    [7],
    [{}],
    [[]],
    { a: {} },
  ]) {
    assert.match(problemOf(file), 'Cannot import recorded.json: it is of no format that is known.');
  }
  assert.match(problemOf({ interposition: 1, interactions: [] }), 'it is a cassette already');
  assert.match(problemOf({}, { format: 'har' }), 'the file.log is not an object');
  assert.match(problemOf({}, { format: 'nock' }), 'it is not a list of definitions');
  assert.match(problemOf([7], { format: 'snapshot' }), 'entry 1: it is not an object');
});

test('what a file says in an error is one short line', () => {
  const header = [
    {
      scope: 'https://a.example',
      method: 'GET',
      path: '/',
      status: 200,
      rawHeaders: { [`a\n${'b'.repeat(9999)}`]: 7 },
    },
  ];
  for (const file of [header, 'a\nb', '{"a":\n\n\n}']) {
    const message = problemOf(file);
    assert.not.match(message, '\n');
    assert.ok(message.length < 500);
  }
});

test('what stands in a file is no prototype of anything', () => {
  const headers = '{"__proto__":"1","constructor":"2","toString":"3"}';
  const file = `[{"scope":"https://a.example","method":"GET","path":"/","status":200,"response":{"__proto__":{"polluted":1}},
    "rawHeaders":${headers},"reqheaders":${headers},"__proto__":{"status":404}}]`;
  const { interactions } = imported(file);
  const pairs = [
    ['__proto__', '1'],
    ['constructor', '2'],
    ['toString', '3'],
  ];
  assert.equal(interactions[0]?.request.headers, pairs);
  assert.equal(answer(interactions[0]).head?.headers, pairs);
  assert.is(answer(interactions[0]).head?.statusCode, 200);
  assert.is(answer(interactions[0]).text, '{"__proto__":{"polluted":1}}');
  assert.is(({} as { polluted?: number }).polluted, undefined);
  // Not a member of its own: the prototype's does not count.
  const inherited =
    '{"log":{"entries":[{"request":{"__proto__":{"method":"GET"},"url":"http://a/"},"response":{}}]}}';
  assert.match(problemOf(inherited), 'it.request.method is not a text');
});

test('a million entries are too many, and said to be', () => {
  const file = `{"log":{"entries":[${'{},'.repeat(999_999)}{}]}}`;
  assert.match(problemOf(file), 'it has 1000000 entries, more than 100000. Split it.');
  assert.match(problemOf(`[${'"x",'.repeat(999_999)}"x"]`), '1000000 entries');
});

test('as many as are taken are read', () => {
  const one =
    '{"scope":"https://a.example","method":"GET","path":"/","status":200,"response":"x","reqheaders":{}}';
  assert.is(imported(`[${`${one},`.repeat(99_999)}${one}]`).interactions.length, 100_000);
});

for (const depth of [1000, 100_000, 2_000_000]) {
  test(`nested ${depth} deep: it is read, or said to be`, () => {
    const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const nocked = `[{"scope":"https://a.example","method":"GET","path":"/","status":200,"response":{"a":${deep}}}]`;
    const other = JSON.stringify(harFile(harEntry({ _x: 'DEEP' }))).replace('"DEEP"', deep);
    for (const text of [nocked, other]) {
      try {
        assert.is(imported(text).interactions.length, 1);
      } catch (error) {
        assert.instance(error, ImportError);
        assert.match((error as Error).message, /nested too deeply|not JSON/);
      }
    }
  });
}

const bomb = (mebibytes: number) => [
  {
    scope: 'https://a.example',
    method: 'GET',
    path: '/',
    status: 200,
    rawHeaders: { 'content-encoding': 'gzip' },
    response: [gzipSync(Buffer.alloc(mebibytes * 1024 * 1024)).toString('hex')],
  },
];

test('a body that decompresses to more than anybody reads stays as it is', () => {
  const file = bomb(200);
  const { interactions } = imported(file);
  assert.is(Buffer.from(answer(interactions[0]).body[0] ?? []).toString('hex'), file[0]?.response[0]);
});

test('bodies that together decompress to more than a cassette can hold are refused', () => {
  const [one] = bomb(100);
  assert.match(problemOf([one, one, one]), 'entry 3: up to here its bodies decompress to more than 256 MiB');
});

test('regular expressions are linear in what is hostile to them', () => {
  const long = 'a'.repeat(200_000);
  const started = process.cpuUsage().user;
  for (const text of [
    `${long}=`,
    `${long}&`,
    `${'a=a&'.repeat(50_000)} `,
    `${long}%`,
    '[object '.repeat(30_000),
  ]) {
    const one = {
      scope: 'https://a.example',
      method: 'GET',
      path: `/?${encodeURI(text)}`,
      status: 200,
      body: text,
    };
    imported([one]);
    const headers = [{ name: 'content-type', value: `text/plain; charset=${'x;'.repeat(1000)}` }];
    imported(harFile(harEntry({ response: { headers }, content: { text } })));
  }
  // Quadratic ones take minutes.
  assert.ok(process.cpuUsage().user - started < 20_000_000);
});

test('whatever stands in the place of a value: it is imported, or an ImportError', () => {
  const seed = seedOfRun();
  const random = seededRandom(seed);
  let refused = 0;
  for (let run = 0; run < 3000; run++) {
    const file = JSON.parse(random.oneOf(texts)) as object;
    mutate(file, random);
    try {
      requests(imported(file, { baseUrl }));
    } catch (error) {
      assert.instance(error, ImportError, `TEST_SEED=${seed}: ${(error as Error).stack}`);
      assert.not.match(
        (error as Error).message,
        /\n|undefined|Cannot read|is not a function/,
        `TEST_SEED=${seed}: ${(error as Error).message}`,
      );
      refused++;
    }
  }
  assert.ok(refused > 100);
});

const WRONG = [
  null,
  0,
  -1,
  1.5,
  1e300,
  '',
  'x',
  '\u0000',
  '\ud800',
  true,
  [],
  {},
  [null],
  { a: 1 },
  '__proto__',
  200,
  '%',
];

function mutate(value: object, random: SeededRandom): void {
  const keys = Object.keys(value);
  const key = random.oneOf(keys);
  const member = (value as Record<string, unknown>)[key];
  const isDeeper = typeof member === 'object' && member !== null && Object.keys(member).length > 0;
  if (isDeeper && random.below(12) > 0) {
    mutate(member, random);
  } else {
    (value as Record<string, unknown>)[key] = random.oneOf(WRONG);
  }
}

test.run();
