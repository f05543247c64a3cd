import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { FORMAT_VERSION, printCassette, printInteraction } from '../../src/formats/cassette-json.js';
import { encodeBody } from '../../src/http/coding/content-coding.js';
import type { Interaction } from '../../src/index.js';
import { SHAPES } from '../contract/interaction-shapes.js';
import { assertSameInteractions, bytes, interaction, named } from '../support/interactions.js';
import { parseCassette } from '../support/parsed.js';
import { repoRoot } from '../support/paths.js';
import { suite } from '../support/suite.js';

const test = suite('the cassette file');

const GOLDEN = join(repoRoot, 'fixtures/cassettes/golden.json');
/** As it was printed when chunks were told by their lengths alone. */
const EARLIER = join(repoRoot, 'fixtures/cassettes/golden-earlier.json');

/** One of each kind of body and response that people meet in a review. */
const golden: readonly Interaction[] = [
  interaction({
    action: 'POST',
    target: 'https://api.example/users?notify=true',
    headers: [
      ['content-type', 'application/json'],
      ['accept', '*/*'],
      ['accept-language', '*'],
    ],
    body: '{"name":"Ada","roles":["admin","author"],"manager":null}',
    head: [
      ['status_code', '201'],
      ['status_text', 'Created'],
      ['header:content-type', 'application/json; charset=utf-8'],
      ['header:content-length', '82'],
      ['header:set-cookie', 'seen=1; Path=/; HttpOnly'],
      ['header:set-cookie', 'lang=en; Path=/'],
    ],
    answer: '{"id":7,"name":"Ada","roles":["admin","author"],"scores":[1,2.5,3],"meta":{"v":1}}',
    metadata: [
      ['recorded_at', '2026-01-02T03:04:05.678Z'],
      ['session', '20260102T030405Z-a1b2c3'],
      ['lane', '1'],
      ['order', '1'],
      ['ended', 'whole'],
    ],
  }),
  interaction({
    target: 'https://api.example/readme.md',
    answer: '# A title\n\nSome text with "quotes" and an é.\n',
    head: [
      ['status_code', '200'],
      ['header:content-type', 'text/markdown'],
    ],
  }),
  interaction({
    target: 'https://api.example/events',
    answer: ['data: {"n":1}\n\n', 'data: {"n":2}\n\n'],
    head: [
      ['status_code', '200'],
      ['header:content-type', 'text/event-stream'],
    ],
    trailers: [['trailer:x-checksum', 'abc']],
  }),
  interaction({
    target: 'https://api.example/pixel.gif',
    answer: new Uint8Array(Buffer.from('R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=', 'base64')),
    head: [
      ['status_code', '200'],
      ['header:content-type', 'image/gif'],
    ],
  }),
  interaction({
    target: 'https://api.example/users/7',
    action: 'DELETE',
    answer: '',
    head: [
      ['status_code', '204'],
      ['status_text', 'No Content'],
    ],
  }),
  interaction({
    target: 'https://api.example/report',
    answer: '{\n  "total": 12345678901234567890\n}\n',
    metadata: [
      ['ended', 'truncated'],
      ['ended_after_ms', '250'],
    ],
  }),
  interaction({
    target: 'https://api.example/settings',
    answer: '{\n    "theme": "dark",\n    "sizes": {}\n}',
  }),
  interaction({
    protocol: 'postgresql',
    action: 'SELECT',
    target: 'db://main/users',
    body: 'SELECT *\nFROM users\nWHERE id = 7\n',
    head: [],
    answer: '[[7, "Ada"]]',
    metadata: [['rows', '1']],
  }),
];

/** Those whose forms were not there at first. */
const later: readonly Interaction[] = [
  interaction({
    action: 'POST',
    target: 'https://api.example/token',
    headers: [['content-type', 'application/x-www-form-urlencoded;charset=UTF-8']],
    body: 'grant_type=password&scope=read+write',
    head: [
      ['status_code', '200'],
      ['header:content-type', 'application/json'],
      ['header:content-encoding', 'gzip'],
      ['header:content-length', '48'],
    ],
    answer: gzipSync('{"granted":true,"scope":["read","write"]}'),
  }),
  interaction({
    action: 'POST',
    target: 'https://api.example/photos',
    headers: [['content-type', 'multipart/form-data; boundary=----formdata-undici-0123']],
    body: [
      '------formdata-undici-0123',
      'Content-Disposition: form-data; name="title"',
      '',
      'A pixel',
      '------formdata-undici-0123',
      'Content-Disposition: form-data; name="photo"; filename="pixel.gif"',
      'Content-Type: image/gif',
      '',
      'GIF89a\0\x01',
      '------formdata-undici-0123--',
      '',
    ].join('\r\n'),
    head: [
      ['status_code', '200'],
      ['header:content-type', 'text/plain; charset=iso-8859-1'],
    ],
    answer: Buffer.from('Un pixel ajout\xe9\n', 'latin1'),
  }),
  interaction({
    target: 'https://api.example/completions',
    head: [
      ['status_code', '200'],
      ['header:content-type', 'text/event-stream'],
      ['header:content-encoding', 'br'],
    ],
    answer: encodeBody({
      chunks: ['data: {"delta":"Hel"}\n\n', 'data: {"delta":"lo"}\n\n', 'data: [DONE]\n\n'].map(bytes),
      codings: ['br'],
      complete: true,
    }),
  }),
];
const all = [...golden, ...later];

function print(interactions: readonly Interaction[]): string {
  return printCassette(interactions.map(printInteraction));
}

test('is printed as people review it', () => {
  assert.is(print(all), readFileSync(GOLDEN, 'utf8'));
});

test('loads', () => {
  assertSameInteractions(parseCassette(readFileSync(GOLDEN, 'utf8'), GOLDEN), all);
});

test('that was written by an earlier release loads, and stays as it is where it is printed', () => {
  const text = readFileSync(EARLIER, 'utf8');
  const interactions = parseCassette(text, EARLIER);
  assertSameInteractions(interactions, golden);
  assert.is(print(interactions), text);
});

test('is JSON that names its version', () => {
  assert.is(FORMAT_VERSION, 1);
  assert.is((JSON.parse(print([])) as { interposition: number }).interposition, 1);
  assert.is((JSON.parse(print(golden)) as { interactions: unknown[] }).interactions.length, golden.length);
});

test('ends with a line feed, and has no white space at the end of a line', () => {
  const shapes = SHAPES.map(([, shape]) => shape);
  for (const text of [print([]), print(all), print(shapes)]) {
    assert.ok(text.endsWith('}\n'));
    assert.not.match(text, /[ \t]$/m);
    assert.not.match(text, '\r');
  }
});

test('has each header pair on a line of its own', () => {
  const long = 'x'.repeat(500);
  const headers = [
    ['accept', '*/*'],
    ['x-long', long],
    ['x-quoted', 'a "b" \\ c'],
  ] as const;
  const head = [
    ['status_code', '200'],
    ...headers.map(([name, value]) => [`header:${name}`, value] as const),
  ] as const;
  const lines = print([interaction({ headers, head })])
    .split('\n')
    .map((line) => line.trim().replace(/,$/, ''));
  for (const [name, value] of [...headers, ...head]) {
    assert.ok(lines.includes(`[${JSON.stringify(name)}, ${JSON.stringify(value)}]`), `${name} has its line`);
  }
});

test('has each line of a text on a line of its own', () => {
  const lines = print([interaction({ answer: `${'one '.repeat(30)}\ntwo\n${'three '.repeat(20)}\n` })]).split(
    '\n',
  );
  assert.ok(lines.some((line) => line.trim() === '"two\\n",'));
});

test('is the same text whoever prints it, and after it was loaded', () => {
  const text = print(SHAPES.map(([, shape]) => shape));
  assert.is(print(parseCassette(text, 'some.json')), text);
});

for (const [where, place] of [
  ['at the end', golden.length],
  ['in the middle', 3],
  ['at the beginning', 0],
] as const) {
  test(`gets one contiguous block by an interaction more ${where}`, () => {
    const before = print(golden).split('\n');
    const after = print(golden.toSpliced(place, 0, named('more'))).split('\n');
    const { removed, added } = lineDiff(before, after);
    assert.equal(removed, []);
    assert.is(added.length, printInteraction(named('more')).split('\n').length);
    assert.ok(isContiguous(added), `added lines ${added.join(', ')}`);
  });
}

test('changes in one line where one header changes', () => {
  const changed = interaction({ head: [['status_code', '404']] });
  const { removed, added } = lineDiff(
    print([named('a'), interaction(), named('b')]).split('\n'),
    print([named('a'), changed, named('b')]).split('\n'),
  );
  assert.is(removed.length, 1);
  assert.is(added.length, 1);
});

/** The numbers of the lines that only one side has, by a longest common subsequence. */
function lineDiff(
  before: readonly string[],
  after: readonly string[],
): { removed: number[]; added: number[] } {
  const common = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1));
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      (common[i] as Uint16Array)[j] =
        before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const removed: number[] = [];
  const added: number[] = [];
  for (let i = 0, j = 0; i < before.length || j < after.length; ) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      i++;
      j++;
    } else if (i < before.length && at(i + 1, j) >= at(i, j + 1)) {
      removed.push(i++);
    } else {
      added.push(j++);
    }
  }
  return { removed, added };
}

function isContiguous(lines: readonly number[]): boolean {
  return lines.every((line, index) => index === 0 || line === Number(lines[index - 1]) + 1);
}

test.run();
