import * as assert from 'uvu/assert';
import { fingerprint } from '../../../src/core/fingerprint.js';
import type { InteractionRequest } from '../../../src/core/interaction.js';
import type { MissReason } from '../../../src/core/miss.js';
import { HttpMatch, type MatchOptions } from '../../../src/http/matching/match.js';
import { explainMiss, missText } from '../../../src/http/misses/explain.js';
import { placeholder } from '../../../src/http/redaction/placeholder.js';
import { suite } from '../../support/suite.js';

const test = suite('explainMiss: reasons, ranking and bounds');

function get(path: string, headers: InteractionRequest['headers'] = []): InteractionRequest {
  return {
    protocol: 'http',
    action: 'GET',
    target: `http://api.test${path}`,
    headers,
    body: new Uint8Array(),
  };
}

function post(value: unknown, path = '/items'): InteractionRequest {
  const headers = [['content-type', 'application/json']] as const;
  return { ...get(path, headers), action: 'POST', body: Buffer.from(JSON.stringify(value)) };
}

function text(body: string | Uint8Array): InteractionRequest {
  return { ...get('/items'), action: 'POST', body: Buffer.from(body) };
}

const fresh = (request: InteractionRequest) => recorded(request, false);
const used = (request: InteractionRequest) => recorded(request, true);

function recorded(request: InteractionRequest, isUsed: boolean) {
  return { request, used: isUsed, fingerprint: fingerprint(request) };
}

type Known = ReturnType<typeof recorded>;

function explain(request: InteractionRequest, known: readonly Known[], match?: MatchOptions) {
  return explainMiss(request, known, new HttpMatch(match));
}

const targets = (request: InteractionRequest, known: readonly Known[]) =>
  explain(request, known).nearest.map(
    ({ action, target }) => `${action} ${target.slice('http://api.test'.length)}`,
  );

function tenant(name: string, user: string): InteractionRequest['headers'] {
  return [
    ['x-tenant', name],
    ['x-user', user],
  ];
}

const reasons: Record<string, readonly [MissReason, InteractionRequest, readonly Known[], MatchOptions?]> = {
  'nothing is there': ['empty', get('/a'), []],
  'only another path is there': ['never-recorded', get('/users'), [fresh(get('/items'))]],
  'only another method is there': ['never-recorded', get('/items'), [fresh(post({ a: 1 }))]],
  'a recording differs': ['differs', get('/items?page=2'), [fresh(get('/items?page=1'))]],
  'one near it is used, another is not': [
    'differs',
    get('/items?page=3'),
    [used(get('/items?page=1')), fresh(get('/items?page=2'))],
  ],
  'each one near it is used': [
    'used',
    get('/items?page=3'),
    [used(get('/items?page=1')), used(get('/items?page=2')), fresh(get('/users'))],
  ],
  'its own recording is used': ['used', get('/items'), [used(get('/items'))]],
  'a header that was added keeps it apart': [
    'policy',
    get('/items', tenant('b', 'b')),
    [fresh(get('/items', tenant('a', 'a'))), fresh(get('/items?page=2', tenant('b', 'b')))],
    { headers: ['x-tenant', 'x-user'] },
  ],
  'its very fingerprint is there, and a function keeps it apart': [
    'policy',
    get('/items'),
    [fresh(get('/items'))],
    { custom: counter() },
  ],
};

for (const [title, [reason, request, known, match]] of Object.entries(reasons)) {
  test(`${title}: ${reason}`, () => assert.is(explain(request, known, match).reason, reason));
}

/** A function that gives something else each time. */
function counter(): () => string {
  let count = 0;
  return () => String(count++);
}

test('the policy that keeps a recording apart is named', () => {
  const match = {
    headers: ['x-tenant'],
    custom: (request: InteractionRequest) => JSON.stringify(request.headers),
  };
  const message = missText(
    explain(get('/items', tenant('a', 'a')), [fresh(get('/items', tenant('b', 'a')))], match),
  );
  assert.match(message, 'but is told apart by match.headers and match.custom:');
});

test('a function that stays is not lost from the line to paste', () => {
  const match = { custom: ({ action }: InteractionRequest) => action };
  const { suggestion } = explain(get('/items?page=2'), [fresh(get('/items?page=1'))], match);
  assert.is(suggestion, 'match: { query: { ignore: ["page"] } /* custom: as it is */ }');
});

test('the nearest is first: of its method and path, then with the fewest differences', () => {
  const known = [
    get('/users'),
    post({ a: 1, b: 2 }),
    get('/items?page=1&size=1'),
    get('/items/7'),
    get('/items?page=1'),
  ].map(fresh);
  assert.equal(targets(get('/items?page=2'), known), [
    'GET /items?page=1',
    'GET /items?page=1&size=1',
    'GET /items/7',
  ]);
});

test('of two as near, the one that is not used is first', () => {
  const known = [used(get('/items?page=1')), fresh(get('/items?page=2')), fresh(get('/items?page=4'))];
  assert.equal(targets(get('/items?page=3'), known), [
    'GET /items?page=2',
    'GET /items?page=4',
    'GET /items?page=1',
  ]);
  assert.match(
    missText(explain(get('/items?page=3'), known)),
    'GET http://api.test/items?page=1 (already used): query.page',
  );
});

test('one that is used comes after one that is not, even where its body is more alike', () => {
  const known = [used(post({ text: 'one two three' })), fresh(post({ text: 'four five six' }))];
  const { nearest } = explain(post({ text: 'one two thr33' }), known);
  assert.equal(
    nearest.map((near) => near.used),
    [false, true],
  );
});

test('equal recordings are told once, as used where all of them are', () => {
  const poll = get('/job?n=1');
  const { nearest } = explain(get('/job?n=2'), [used(poll), fresh(poll), used(poll)]);
  assert.equal(
    nearest.map((near) => near.used),
    [false],
  );
  assert.is(explain(get('/job?n=2'), [used(poll), used(poll)]).nearest[0]?.used, true);
});

test('recordings that differ in what does not count are told once', () => {
  const traced = (id: string) => get('/job?n=1', [['traceparent', id]]);
  const { nearest } = explain(get('/job?n=2'), [used(traced('a')), fresh(traced('b')), used(traced('c'))]);
  assert.equal(
    nearest.map((near) => near.used),
    [false],
  );
});

test('where an item was put into a list, the others are not listed', () => {
  const { nearest } = explain(post(['new', 1, 2, 3]), [fresh(post([1, 2, 3]))]);
  assert.equal(nearest[0]?.differences, [
    { place: 'body.length', recorded: '3', actual: '4' },
    { place: 'body[0]', recorded: undefined, actual: '"new"' },
  ]);
});

test('the nearest of many is found by its body', () => {
  const chat = (n: number) =>
    post({ model: 'm', messages: [{ role: 'user', content: `question ${n} of many` }], id: 7 });
  const known = Array.from({ length: 500 }, (_, n) => fresh(chat(n + 1000)));
  const [nearest] = explain(
    post({ model: 'm', messages: [{ role: 'user', content: 'question 1437 of many' }], id: 8 }),
    known,
  ).nearest;
  assert.equal(nearest?.differences, [{ place: 'body.id', recorded: '7', actual: '8' }]);
});

test('an explanation is the same each time', () => {
  const known = Array.from({ length: 50 }, (_, n) => fresh(post({ n, even: n % 2 === 0 })));
  const request = post({ n: -1, even: true });
  assert.equal(explain(request, known), explain(request, known));
});

test('ten differences are shown, and how many more there are', () => {
  const values = (from: number, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`m${n}`, from + n]));
  const few = explain(post(values(1, 22)), [fresh(post(values(2, 22)))]);
  const lines = missText(few).split('\n');
  assert.is(lines.filter((line) => line.includes('recorded ')).length, 10);
  assert.ok(lines.includes('    and 12 other differences'));
  assert.is(few.suggestion, 'match: { body: "ignore" }');
  const many = explain(post(values(1, 5000)), [fresh(post(values(2, 5000)))]);
  assert.match(missText(many), 'and 90 or more other differences');
  assert.is(many.suggestion, 'match: { body: "ignore" }');
});

test('of long texts the place is shown where they part', () => {
  const long = 'The quick brown fox jumps over the lazy dog. '.repeat(1000);
  const { nearest } = explain(post({ text: `${long}B${long}` }), [fresh(post({ text: `${long}A${long}` }))]);
  const [difference] = nearest[0]?.differences ?? [];
  assert.match(difference?.recorded ?? '', /^"…[^…]* dog\. AThe [^…]*…$/);
  assert.match(difference?.actual ?? '', /^"…[^…]* dog\. BThe [^…]*…$/);
  assert.ok((difference?.recorded?.length ?? 0) <= 80);
});

test('large values, long names and deep nesting are shown in short', () => {
  const name = 'n'.repeat(10_000);
  const deep = (value: unknown) =>
    Array.from({ length: 200 }).reduce((inner) => ({ [name.slice(0, 50)]: inner }), value);
  for (const [a, b] of [
    [{ v: name }, { v: 1 }],
    [{ [name]: 1 }, { [name]: 2 }],
    [deep(1), deep(2)],
    [{ v: Array.from({ length: 10_000 }, String) }, { v: {} }],
  ]) {
    const message = missText(explain(post(b), [fresh(post(a))]));
    assert.ok(message.length < 1000, message);
    assert.match(message, /match: \{ body: /);
  }
});

test('JSON that is nested without end does no harm', () => {
  const nested = (end: string) => text(`${'['.repeat(100_000)}${end}${']'.repeat(100_000)}`);
  const { reason, suggestion } = explain(nested('1'), [fresh(nested('2'))]);
  assert.equal([reason, suggestion], ['differs', 'match: { body: "ignore" }']);
});

test('large bodies are not all compared', () => {
  const large = (end: string) => text(`${'x'.repeat(1.5 * 1024 * 1024)}${end}`);
  const known = Array.from({ length: 5 }, (_, n) =>
    fresh({ ...large(String(n)), body: large(String(n)).body }),
  );
  assert.is(explain(large('z'), known).nearest.length, 1);
});

test('a control sign in a name or a value is not printed as it is', () => {
  const message = missText(
    explain(post({ 'a\u001b[31m\nb': '\u001b[31m' }), [fresh(post({ 'a\u001b[31m\nb': 'x' }))]),
  );
  assert.not.match(message, '\u001b');
  assert.match(message, String.raw`body["a\u001b[31m\nb"]: recorded "x", got "\u001b[31m"`);
});

test('what was redacted is no difference, and is shown as its placeholder', () => {
  const secret = (value: string, n: number) =>
    post({ password: placeholder(value), n, [`p${n}`]: placeholder(value) });
  const explanation = explain(secret('correct horse', 1), [fresh(secret('battery staple', 2))]);
  const places = explanation.nearest[0]?.differences.map(({ place }) => place);
  assert.equal(places, ['body.n', 'body.p2', 'body.p1']);
  assert.match(missText(explanation), placeholder('correct horse'));
  assert.not.match(missText(explanation), /correct horse|battery staple/);
});

test('the whole text', () => {
  const known = [
    fresh(get('/items?page=1', [['accept', 'text/csv']])),
    used(get('/items?page=4&size=2', [['accept', 'text/csv']])),
    fresh(get('/users')),
  ];
  const message = missText(explain(get('/items?page=2', [['accept', 'application/json']]), known));
  assert.is(
    message,
    [
      'The nearest recording differs:',
      '  GET http://api.test/items?page=1',
      '    query.page: recorded "1", got "2"',
      '    header.accept: recorded "text/csv", got "application/json"',
      'Then come:',
      '  GET http://api.test/items?page=4&size=2 (already used): query.page, query.size, header.accept',
      '  GET http://api.test/users: path[0], query.page, header.accept',
      'To make it match the nearest, give these options:',
      '  match: { query: { ignore: ["page"] }, headers: { ignore: ["accept"] } }',
    ].join('\n'),
  );
  assert.is(missText(explain(get('/items'), [])), 'The cassette is empty.');
});

test.run();
