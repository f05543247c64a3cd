import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import type { Har } from 'har-format';
import * as assert from 'uvu/assert';
import { exportHar } from '../../../src/formats/export/har.js';
import { importFile } from '../../../src/formats/import/read-file.js';
import { readableBodies, toInteractionJson } from '../../../src/formats/interaction-json.js';
import { headMetadata, trailerMetadata } from '../../../src/http/response.js';
import { Interaction } from '../../../src/index.js';
import { answerTo, request } from '../../support/corpus-arbitraries.js';
import { harProblems } from '../../support/har-schema.js';
import { interaction, type Sketch } from '../../support/interactions.js';
import { parseCassette } from '../../support/parsed.js';
import { repoRoot } from '../../support/paths.js';
import { seedOfRun } from '../../support/seeded-random.js';
import { suite } from '../../support/suite.js';

const test = suite('export: HAR');

function exported(...interactions: readonly Interaction[]) {
  const { har, lost } = exportHar(interactions, '1.2.3');
  assert.equal(harProblems(har), []);
  return { har, lost: lost.map(({ entry, what }) => `${entry} ${what}`) };
}

/** What an import makes of it, as text. */
function imported(har: Har): readonly Interaction[] {
  return importFile(Buffer.from(JSON.stringify(har)), 'exported.har').interactions;
}

function plain(interactions: readonly Interaction[]): unknown {
  return interactions.map((one) => toInteractionJson(one, readableBodies));
}

const recordedAt = [['recorded_at', '2026-11-20T10:00:00.000Z']] as const;
const json = (text: string): Pick<Sketch, 'answer' | 'head'> => ({
  head: [
    ['status_code', '200'],
    ['status_text', 'OK'],
    ['header:content-type', 'application/json'],
  ],
  answer: text,
});

test('an entry says what other tools want to know of an exchange', () => {
  const { har, lost } = exported(
    interaction({
      action: 'POST',
      target: 'https://api.example/a?b=1&b=2&c',
      headers: [
        ['content-type', 'application/json'],
        ['cookie', 'a=1; b=2=3'],
      ],
      body: '{"n":1}',
      head: [
        ['status_code', '201'],
        ['status_text', 'Created'],
        ['header:content-type', 'application/json'],
        ['header:location', '/a/1'],
        [
          'header:set-cookie',
          's=x; Path=/; Domain=a.example; HttpOnly; Secure; Expires=Fri, 20 Nov 2026 10:00:00 GMT',
        ],
        ['header:set-cookie', 't=y; expires=never'],
      ],
      answer: '{"id":1}',
      metadata: [...recordedAt, ['ended', 'whole'], ['answered_after_ms', '7'], ['ended_after_ms', '9']],
    }),
  );
  assert.equal(lost, []);
  assert.equal(har.log.creator, { name: 'interposition', version: '1.2.3' });
  const [entry] = har.log.entries;
  assert.equal(
    [entry?.startedDateTime, entry?.time, entry?.timings],
    ['2026-11-20T10:00:00.000Z', 9, { send: 0, wait: 7, receive: 2 }],
  );
  assert.equal(entry?.request.queryString, [
    { name: 'b', value: '1' },
    { name: 'b', value: '2' },
    { name: 'c', value: '' },
  ]);
  assert.equal(entry?.request.cookies, [
    { name: 'a', value: '1' },
    { name: 'b', value: '2=3' },
  ]);
  assert.equal(entry?.request.postData, { mimeType: 'application/json', text: '{"n":1}' } as never);
  assert.equal(entry?.response.cookies, [
    {
      name: 's',
      value: 'x',
      path: '/',
      domain: 'a.example',
      expires: '2026-11-20T10:00:00.000Z',
      httpOnly: true,
      secure: true,
    },
    { name: 't', value: 'y', httpOnly: false, secure: false },
  ]);
  assert.equal(entry?.response.content, { size: 8, mimeType: 'application/json', text: '{"id":1}' });
  assert.is(entry?.response.redirectURL, '/a/1');
});

test('bodies stand decoded, in base64 where they are no text', () => {
  const compressed = gzipSync('{"id":7}');
  const head = [
    ['status_code', '200'],
    ['header:content-encoding', 'gzip'],
  ] as const;
  const { har } = exported(
    interaction({ head, answer: compressed }),
    interaction({ answer: Uint8Array.of(0xff, 0xfe) }),
  );
  const [text, bytes] = har.log.entries.map(({ response }) => response);
  assert.equal(text?.content, { size: 8, mimeType: '', text: '{"id":7}' });
  assert.is(text?.bodySize, compressed.byteLength);
  assert.equal(bytes?.content, { size: 2, mimeType: '', text: '//4=', encoding: 'base64' });
});

/** Other bytes than those that compressing anew gives. */
const vouched = gzipSync('{"id":7}', { level: 0 });
const digest = createHash('md5').update(vouched).digest('base64');
const error = '{"name":"Error","message":"reset","fields":{"code":"ECONNRESET"}}';
const beyondHar: readonly (readonly [what: string, sketch: Sketch, lost: readonly string[]])[] = [
  ['chunks', { answer: ['a', 'b'] }, ['chunk boundaries']],
  ['trailers', { answer: ['a', 'b'], trailers: [['trailer:x', '1']] }, ['trailers', 'chunk boundaries']],
  [
    'trailers of one chunk',
    {
      head: [
        ['status_code', '200'],
        ['trailer:x', '1'],
      ],
    },
    ['trailers'],
  ],
  [
    'interim responses',
    {
      head: [
        ['interim:status_code', '103'],
        ['interim:header:link', '</a>'],
        ['status_code', '200'],
      ],
    },
    ['interim responses'],
  ],
  ['a response that was cut off', { metadata: [['ended', 'truncated']] }, ['that the response was cut off']],
  [
    'one that never began',
    {
      head: [],
      answer: '',
      metadata: [
        ['ended', 'failed'],
        ['error', error],
      ],
    },
    ['the error'],
  ],
  [
    'sessions and lanes',
    {
      metadata: [
        ['session', 's'],
        ['lane', '1'],
        ['order', '2'],
      ],
    },
    ['session, lane and other metadata'],
  ],
  [
    'a posted body that is no text',
    { action: 'POST', body: Uint8Array.of(0xff) },
    ["the request's body, which is no text"],
  ],
  [
    'HTTP/1.0',
    {
      head: [
        ['status_code', '200'],
        ['status_text', ''],
        ['http_version', '1.0'],
      ],
    },
    [],
  ],
  [
    'an encoded body that was cut off',
    {
      head: [
        ['status_code', '200'],
        ['header:content-encoding', 'gzip'],
      ],
      answer: gzipSync('hello').subarray(0, 14),
    },
    [],
  ],
  [
    'a body that is not of its encoding',
    {
      head: [
        ['status_code', '200'],
        ['header:content-encoding', 'gzip'],
      ],
      answer: 'hello',
    },
    [],
  ],
  [
    'the bytes that a digest is of',
    {
      head: [
        ['status_code', '200'],
        ['header:content-encoding', 'gzip'],
        ['header:content-md5', digest],
      ],
      answer: vouched,
    },
    [],
  ],
  [
    'a charset that nobody knows',
    {
      head: [
        ['status_code', '200'],
        ['header:content-type', 'text/plain; charset=x-none'],
      ],
      answer: 'é',
    },
    [],
  ],
  [
    'a header of bytes',
    {
      head: [
        ['status_code', '200'],
        ['header:x', '\u00e9\u00ff'],
      ],
    },
    [],
  ],
  ['no status text, and no time', { ...json('{}') }, []],
];
for (const [what, sketch, lost] of beyondHar) {
  test(`${what}: an import has it again, and what HAR has no place for is listed`, () => {
    const one = interaction({ ...sketch, metadata: [...recordedAt, ...(sketch.metadata ?? [])] });
    const made = exported(one);
    assert.equal(
      made.lost,
      lost.map((name) => `1 ${name}`),
    );
    assert.equal(plain(imported(made.har)), plain([one]));
  });
}

test('what is not HTTP is left out, and a time that nobody knows is listed', () => {
  const { har, lost } = exported(interaction({ protocol: 'mqtt', head: [] }), interaction());
  assert.is(har.log.entries.length, 1);
  assert.equal(lost, ['1 entry', '2 startedDateTime']);
});

test('an edit of the file is taken over by an import', () => {
  const head = [
    ['status_code', '200'],
    ['header:content-encoding', 'gzip'],
    ['header:content-md5', digest],
  ] as const;
  const { har } = exported(interaction({ head, answer: vouched }));
  Object.assign(har.log.entries[0]?.response.content ?? {}, { text: '{"id":8}' });
  const [edited] = exportHar(imported(har), '1').har.log.entries;
  assert.is(edited?.response.content.text, '{"id":8}');
});

test('the golden cassette, but for what is not HTTP', () => {
  const text = readFileSync(join(repoRoot, 'fixtures', 'cassettes', 'golden.json'), 'utf8');
  const all = parseCassette(text, 'golden.json').filter(({ request: { protocol } }) => protocol === 'http');
  const { har, lost } = exported(...all);
  assert.equal(plain(imported(har)), plain(all));
  assert.not.ok(lost.some((one) => one.includes('details')));
});

test('import(export(c)) equals c', () => {
  const exchanges = fc.array(
    request.chain((asked) => answerTo(asked.method ?? 'GET').map((answer) => recorded(asked, answer))),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(exchanges, (all) => {
      const { har, lost } = exported(...all);
      assert.equal(plain(imported(har)), plain(all));
      assert.not.ok(lost.some((one) => one.includes('details')));
    }),
    { seed: seedOfRun(), numRuns: 300 },
  );
});

type Asked = typeof request extends fc.Arbitrary<infer T> ? T : never;
type Answered = ReturnType<typeof answerTo> extends fc.Arbitrary<infer T> ? T : never;

/** As a recorder has it. */
function recorded(asked: Asked, answer: Answered): Interaction {
  const { status = 200, reason = '', headers = [], body = new Uint8Array(), pieces, trailers = [] } = answer;
  const data = pieces?.map(({ wire }) => wire ?? new Uint8Array()) ?? [body];
  const head = headMetadata({ statusCode: status, statusText: reason, headers });
  return new Interaction({
    request: {
      protocol: 'http',
      action: asked.method ?? 'GET',
      target: `https://api.example${asked.path}`,
      headers: asked.headers,
      body: asked.body === undefined ? new Uint8Array() : Buffer.from(asked.body as Uint8Array),
    },
    responseChunks: data.map((bytes, sequence) => ({
      data: new Uint8Array(bytes as Uint8Array),
      sequence,
      metadata: [
        ...(sequence === 0 ? head : []),
        ...(sequence === data.length - 1 ? trailerMetadata(trailers) : []),
      ],
    })),
    metadata: [...recordedAt, ['session', 's'], ['ended', 'whole']],
  });
}

test.run();
