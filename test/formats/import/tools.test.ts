import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { repoRoot } from '../../support/paths.js';
import { suite } from '../../support/suite.js';
import { answer, harEntry, imported, lostFrom, problemOf, requests } from './files.js';

const test = suite('import: nock, Polly, SnapshotAgent, Python');

const fixture = (...path: readonly string[]) => readFileSync(join(repoRoot, 'fixtures', ...path), 'utf8');
const API = 'http://127.0.0.1:41910';
const LOGO = Buffer.from('89504e470d0a1a0aff00fe', 'hex');

test('what nock.recorder gave: JSON, bytes, an encoded body, and the headers of requests', () => {
  const file = imported(fixture('imports', 'nock-recorder.json'));
  assert.equal(requests(file), [
    `GET ${API}/users/7`,
    `POST ${API}/orders`,
    `POST ${API}/upload`,
    `GET ${API}/report`,
    `GET ${API}/logo`,
  ]);
  const [user, order, upload, report, logo] = file.interactions;
  assert.equal(user?.request.headers, [['accept', 'application/json']]);
  assert.is(answer(user).text, '{"id":7,"name":"Ada"}');
  assert.is(Buffer.from(order?.request.body ?? []).toString(), '{"items":["tea"]}');
  assert.equal(Buffer.from(upload?.request.body ?? []), LOGO);
  assert.is(JSON.parse(answer(report).text).rows.length, 50);
  assert.equal(Buffer.concat(answer(logo).body), LOGO);
  assert.equal(answer(order).head?.statusText, 'Created');
  assert.equal(lostFrom(file), ['3 request body']);
});

for (const version of [7, 8]) {
  test(`what SnapshotAgent of undici ${version} wrote: repeats in their order, bodies as on the wire`, () => {
    const file = imported(fixture('imports', `undici-${version}.json`));
    assert.equal(requests(file), [
      `GET ${API}/users/7`,
      `POST ${API}/orders`,
      `GET ${API}/report`,
      `GET ${API}/logo`,
      ...Array(3).fill(`GET ${API}/jobs/1`),
      `POST ${API}/orders`,
    ]);
    const states = file.interactions.slice(4, 7).map((one) => JSON.parse(answer(one).text).state);
    assert.equal(states, ['waiting', 'waiting', 'done']);
    assert.is(JSON.parse(answer(file.interactions[2]).text).rows.length, 50);
    assert.equal(Buffer.concat(answer(file.interactions[3]).body), LOGO);
    assert.equal(new Set(lostFrom(file).map((one) => one.slice(2))), new Set(['timestamp']));
  });
}

test('what Polly wrote: both adapters, bodies of each kind', () => {
  const folder = join(repoRoot, 'fixtures', 'moving', 'polly', 'before', 'recordings');
  const recording = (name: string) => {
    const found = readdirSync(folder).find((one) => one.startsWith(name)) ?? '';
    return imported(readFileSync(join(folder, found, 'recording.har'), 'utf8'));
  };
  const reports = recording('reads-a-compressed-report').interactions;
  assert.equal(
    reports.map((one) => JSON.parse(answer(one).text).rows.length),
    [50, 50],
  );
  assert.equal(Buffer.concat(answer(recording('loads-the-logo').interactions[0]).body), LOGO);
  const job = recording('waits-for-a-job').interactions;
  assert.equal(
    job.map((one) => JSON.parse(answer(one).text).state),
    ['waiting', 'waiting', 'done'],
  );
  assert.is(answer(recording('removes-a-user').interactions[0]).head?.statusCode, 204);
});

const pollyFile = (...entries: readonly object[]) => ({ log: { creator: { name: 'Polly.JS' }, entries } });

test('Polly: repeats of one moment go by their order; an empty body is one; a body that it lost is not', () => {
  const repeat = (order: number) => harEntry({ _id: 'a', _order: order, content: { text: `${order}` } });
  const repeats = imported(pollyFile(repeat(1), repeat(0))).interactions;
  assert.equal(
    repeats.map((one) => answer(one).text),
    ['0', '1'],
  );
  assert.is(answer(imported(pollyFile(harEntry({ content: { text: undefined } }))).interactions[0]).text, '');
  const posted = harEntry({
    request: { method: 'POST', postData: { mimeType: 'text/plain', params: [] }, bodySize: 3 },
  });
  assert.equal(lostFrom(imported(pollyFile(posted))), ['1 entry']);
  assert.equal(lostFrom(imported(pollyFile(harEntry({ content: { _isBinary: true } })))), ['1 entry']);
});

const nocked = (more: object) => [
  { scope: 'https://a.example:443', method: 'post', path: '/x?a=1', status: 200, ...more },
];

test('nock: headers as a list, the port of the scheme, a method in lower case', () => {
  const file = imported(nocked({ rawHeaders: ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'], response: 'hi' }));
  assert.equal(requests(file), ['POST https://a.example/x?a=1']);
  assert.equal(answer(file.interactions[0]).head?.headers, [
    ['Set-Cookie', 'a=1'],
    ['Set-Cookie', 'b=2'],
  ]);
});

const nockBodies: readonly (readonly [title: string, more: object, text: string])[] = [
  ['none', {}, ''],
  ['a text', { response: 'hi' }, 'hi'],
  ['a number', { response: 1 }, '1'],
  ['false', { response: false }, 'false'],
  ['a list', { response: ['a'] }, '["a"]'],
  [
    'members of prototypes',
    { response: JSON.parse('{"__proto__":1,"constructor":2}') },
    '{"__proto__":1,"constructor":2}',
  ],
  [
    'chunks of an encoded body',
    {
      rawHeaders: { 'content-encoding': 'gzip' },
      response: [gzipSync('hi').subarray(0, 9), gzipSync('hi').subarray(9)].map((one) => one.toString('hex')),
    },
    'hi',
  ],
];
for (const [title, more, text] of nockBodies) {
  test(`nock, a response: ${title}`, () => {
    assert.is(answer(imported(nocked(more)).interactions[0]).text, text);
  });
}

test('nock: a form gets its type, and what a definition says besides is listed', () => {
  const file = imported(nocked({ body: 'user=ada&q=a%20b', badheaders: ['x'], options: {} }));
  assert.equal(file.interactions[0]?.request.headers, [
    ['content-type', 'application/x-www-form-urlencoded'],
  ]);
  assert.equal(lostFrom(file), [
    '1 request header content-type',
    '1 request headers',
    '1 badheaders',
    '1 options',
  ]);
  const given = imported(nocked({ body: 'user=ada', reqheaders: { 'Content-Type': 'text/plain' } }));
  assert.equal(given.interactions[0]?.request.headers, [['Content-Type', 'text/plain']]);
});

const taken = (more: object, response: object = {}) => ({
  hash: 'x',
  snapshot: {
    request: { method: 'GET', url: 'https://a.example/', headers: {}, body: '', ...more },
    responses: [{ statusCode: 200, headers: {}, body: '', trailers: {}, ...response }],
  },
});

test('SnapshotAgent: the older form by hashes, one response, trailers, bodies that it did not keep', () => {
  const { snapshot } = taken({});
  const { responses, ...older } = snapshot;
  assert.equal(requests(imported({ abc: { ...older, response: responses[0] } })), ['GET https://a.example/']);
  const { trailers } = answer(imported([taken({}, { trailers: { 'x-sum': '1' } })]).interactions[0]);
  assert.equal(trailers, [['x-sum', '1']]);
  assert.equal(lostFrom(imported([taken({ method: 'POST', body: '[object ReadableStream]' })])), ['1 entry']);
  assert.equal(lostFrom(imported([taken({}, { headers: { 'set-cookie': 'a=1, b=2' } })])), ['1 set-cookie']);
});

test('Python: targets are resolved, chunks stay, other protocols are listed', () => {
  const file = imported(fixture('imports', 'python.json'), { baseUrl: 'https://api.example.com/base' });
  assert.equal(requests(file), [
    'GET https://api.example.com/api/data',
    'POST https://api.example.com/api/items',
  ]);
  assert.equal(
    answer(file.interactions[1]).body.map((one) => Buffer.from(one).toString()),
    ['{"id":1,', '"n":1}'],
  );
  assert.equal(file.interactions[1]?.metadata, [['scenario', 'create']]);
  assert.equal(lostFrom(file), ['3 entry']);
  assert.match(problemOf(fixture('imports', 'python.json')), 'entry 1: its target is relative');
});

const malformed: readonly (readonly [title: string, file: unknown, problem: string])[] = [
  ['nock: code', ["nock('http://a')"], 'entry 1: it is code.'],
  ['nock: no scope', [{ scope: 7, path: '/' }], 'entry 1: it.status is not a whole number'],
  ['nock: a scope that is none', nocked({ scope: 'a.example' }), 'it.scope is not an origin'],
  [
    'nock: half a byte',
    nocked({ response: 'abc', responseIsBinary: true }),
    'it.response is not hexadecimal',
  ],
  ['nock: a header of the wrong type', nocked({ rawHeaders: { a: {} } }), 'it.rawHeaders.a is not a text'],
  ['nock: half a header', nocked({ rawHeaders: ['a'] }), 'names and values in turn'],
  ['SnapshotAgent: a body that is none', [taken({}, { body: '%' })], 'it.responses[0].body is not base64'],
  ['SnapshotAgent: a status that is none', [taken({}, { statusCode: 99 })], 'its status is none'],
  [
    'Polly: chunks that are none',
    pollyFile(
      harEntry({
        response: { headers: [{ name: 'content-encoding', value: 'gzip' }] },
        content: { text: '[7]', encoding: 'base64' },
      }),
    ),
    'is not a list of chunks',
  ],
  [
    'Python: chunks out of order',
    {
      interactions: [
        {
          request: { protocol: 'http', action: 'GET', target: 'http://a/', headers: [], body: '' },
          response_chunks: [{ data: '', sequence: 1, metadata: [['status_code', '200']] }],
        },
      ],
    },
    'sequence is 1 where 0 was due',
  ],
];
for (const [title, file, problem] of malformed) {
  test(`${title}: one line that names file and entry`, () => {
    const message = problemOf(file);
    assert.match(message, 'Cannot import recorded.json: entry 1: ');
    assert.match(message, problem);
  });
}

test.run();
