import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { CoreBroker } from '../src/core/broker.js';
import { fingerprint } from '../src/core/fingerprint.js';
import type { Policy } from '../src/core/policy.js';
import { parseFile, printCassette, printInteraction } from '../src/formats/cassette-json.js';
import { HttpPolicy, type HttpPolicyOptions } from '../src/http/policy.js';
import { Cassette, type HeaderPair, type Interaction, type InteractionRequest } from '../src/index.js';
import { SqliteCassetteStore } from '../src/stores/sqlite.js';
import { ArraySource } from './support/array-source.js';
import { bytes, interaction } from './support/interactions.js';
import { type SeededRandom, seededRandom, seedOfRun } from './support/seeded-random.js';
import { suite } from './support/suite.js';
import { tempFolder } from './support/temp-folder.js';

// A cassette from a file, where a request's group decides what is decoded and keyed for it, and one on a source or in a
// database, where its address decides what is read, against the same interactions under the same policy without groups, where everything is.
const test = suite('look-ups in a cassette of which little is decoded or read');

const ROUNDS = 900;
const ROUNDS_A_DATABASE = 6;
const SECRET = 'Zk3vQ8xW2pL7nR5tY1uB';
const OTHER_SECRET = 'Hq6cT1mV9sD4gB7wJ2eX';
const KEY = 'sk-proj-aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3z';

const TARGETS = [
  'http://h.example/a?x=1&y=2',
  'http://h.example/a?y=2&x=1',
  'http://h.example/a?x=1&y=3',
  'http://h.example/a?x=1&y=2&',
  'http://h.example:80/a?x=1&y=2#part',
  'http://H.example/%61?y=2&x=%31',
  'http://h.example/a?x=2',
  'http://h.example/a?x=9',
  'http://h.example/a?x',
  'http://h.example/a?x=',
  'http://h.example/a?x=1+1',
  'http://h.example/a?x=1%201',
  'http://h.example/a',
  'http://h.example/a?',
  'http://ada:pass@h.example/a',
  'http://h.example',
  'http://h.example/',
  'https://h.example/a/b',
  'https://h.example/a/c',
  'https://h.example/b/c?signature=1&key-pair-id=2&expires=3',
  'https://h.example/b/c?signature=4&key-pair-id=5&expires=6',
  'https://h.example/b/c?sign=4',
  `https://h.example/maps?api_key=${SECRET}&q=1`,
  `https://h.example/maps?api_key=${OTHER_SECRET}&q=1`,
  'https://h.example/maps?api_key=REDACTED&q=1',
  'https://h.example/maps?q=REDACTED',
  'https://h.example/maps?q=plain',
  `https://h.example/of/${KEY}`,
  `https://h.example/of/${KEY}x/a`,
  'https://h.example/of/REDACTED',
  'https://h.example/of/plain',
  'no url',
  'no%20url?b&a',
];
const BODIES = [
  '',
  '',
  '{"a":1}',
  '{ "a": 1.0 }',
  '{"a":1,"id":"x"}',
  `{"password":"${SECRET}"}`,
  'a=1&b=2',
  '%',
];
const HEADERS: readonly HeaderPair[] = [
  ['accept', 'text/html'],
  ['accept', '*/*'],
  ['content-type', 'application/json'],
  ['content-type', 'application/json; charset=UTF-8'],
  ['authorization', `Bearer ${SECRET}`],
  ['x-note', 'of no account'],
];

type Key = (request: InteractionRequest) => string;
const POLICIES: readonly (readonly [what: string, HttpPolicyOptions, key?: Key])[] = [
  ['the default', {}],
  ['the fingerprint', {}, fingerprint],
  ['a projection', {}, ({ target }) => target.slice(0, 20)],
  ['no redaction', { redact: false }],
  ['no redaction, the fingerprint', { redact: false }, fingerprint],
  ['values that are secret', { redact: { values: ['b/c', 'h.example/a'] } }],
  ['redaction by a function', { redact: { custom: (text) => text.replace(/x=\d/, 'x=9') } }],
  ['without the method', { match: { method: false } }],
  ['without the URL', { match: { url: false } }],
  ['a function of the URL', { match: { url: ({ pathname }) => pathname.slice(0, 3) } }],
  ['without a parameter', { match: { query: { ignore: ['y'] } } }],
  ['without the body', { match: { body: 'ignore' } }],
  ['the body without a place', { match: { body: { ignore: ['$.id'] } } }],
  ['something besides', { match: { custom: ({ action }) => action } }],
  ['variables', { vary: ['path:1', 'query:x', 'body:$.a'] }],
];

/** Requests that are often alike. */
function someRequests(random: SeededRandom): () => InteractionRequest {
  const first = random.below(TARGETS.length);
  const targets = [first, first + 1, random.below(TARGETS.length)].map((at) => TARGETS[at % TARGETS.length]);
  const bodies = [random.oneOf(BODIES), random.oneOf(BODIES)];
  const headers = HEADERS.filter(() => random.below(3) === 0);
  return () => ({
    protocol: 'http',
    action: random.oneOf(['GET', 'GET', 'GET', 'POST']),
    target: random.oneOf(targets) as string,
    headers: headers.filter(() => random.below(6) > 0),
    body: bytes(random.oneOf(bodies)),
  });
}

function someInteractions(
  random: SeededRandom,
  made: () => InteractionRequest,
  recorder: Policy,
): Interaction[] {
  return Array.from({ length: 1 + random.below(8) }, (_, index) => {
    const request = made();
    // Recorded under this policy, or under one that redacted nothing.
    const { action, target, headers, body } = random.below(2) === 0 ? request : recorder.request(request);
    return interaction({
      action,
      target,
      headers,
      body,
      answer: `answer ${index}`,
      metadata: [
        ['session', random.oneOf(['s', 's', 't'])],
        ['lane', random.oneOf(['1', '1', '2'])],
        ['order', String(random.below(20))],
        ['ended', random.oneOf(['whole', 'whole', 'truncated'])],
      ],
    });
  });
}

const folder = tempFolder();
let databases = 0;

async function databaseOf(interactions: readonly Interaction[]): Promise<SqliteCassetteStore> {
  const store = new SqliteCassetteStore(join(folder, `${++databases}.db`));
  await store.save(new Cassette(interactions));
  await store.flush();
  return store;
}

/** The policy, asked for everything but groups. */
function withoutGroups(policy: HttpPolicy): Policy {
  return {
    request: (request) => policy.request(request),
    response: (chunks, request) => policy.response(chunks, request),
    text: (text) => text,
    key: (request) => policy.key(request),
    address: (head) => policy.address(head),
    refresh: () => policy.refresh(),
    isOpen: (key) => policy.isOpen(key),
    resembles: (key, other) => policy.resembles(key, other),
    variables: policy.variables,
  };
}

const answerOf = (found: Interaction | undefined) =>
  found && Buffer.concat(found.responseChunks.map(({ data }) => data)).toString();

for (const [what, options, key] of POLICIES) {
  test(`matching by ${what}: the same answers`, async () => {
    const seed = seedOfRun();
    const random = seededRandom(seed);
    for (let round = 0; round < ROUNDS / POLICIES.length; round++) {
      const made = someRequests(random);
      const interactions = someInteractions(random, made, new HttpPolicy(options, key));
      const text = printCassette(interactions.map(printInteraction));
      const shared = {
        playback: random.oneOf(['first', 'sequence'] as const),
        session: { id: 'now', lane: '1', entry: random.below(3) },
        // In replay a MISS reads everything, and hides what a look-up does not.
        mode: random.oneOf(['replay', 'auto'] as const),
        liveResponder: async function* () {},
      };
      const lazy = new CoreBroker(new Cassette(parseFile(text, 'some.json').interactions), {
        ...shared,
        policy: new HttpPolicy(options, key),
      });
      const standing = (cassette: Cassette) =>
        new CoreBroker(cassette, { ...shared, policy: new HttpPolicy(options, key) });
      const unread: (readonly [kind: string, broker: CoreBroker])[] = [
        ['a source', standing(Cassette.on(new ArraySource(interactions)))],
      ];
      const store = round % ROUNDS_A_DATABASE === 0 ? await databaseOf(interactions) : undefined;
      if (store !== undefined) {
        unread.push(['a database', standing(await store.load())]);
      }
      const eager = new CoreBroker(new Cassette(interactions), {
        ...shared,
        policy: withoutGroups(new HttpPolicy(options, key)),
      });
      const asked: string[] = [];
      for (let look = 0; look < 6; look++) {
        const request = random.below(4) === 0 ? random.oneOf(interactions).request : made();
        asked.push(`${request.action} ${request.target}`);
        const expected = answerOf(eager.lookup(request));
        for (const [kind, broker] of [['a file', lazy] as const, ...unread]) {
          assert.is(
            answerOf(broker.lookup(request)),
            expected,
            `TEST_SEED=${seed}, round ${round}, ${kind}, ${JSON.stringify(shared)}: ${asked.join(', ')} in ${text}`,
          );
        }
      }
      const unused = eager.unused.map(answerOf).sort();
      assert.equal(lazy.unused.map(answerOf).sort(), unused);
      for (const [kind, broker] of unread) {
        assert.equal(broker.unused.map(answerOf).sort(), unused, kind);
      }
      await store?.flush();
    }
  });
}

test.run();
