import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parseFile, printCassette, printInteraction } from '../../src/formats/cassette-json.js';
import { SHAPES } from '../contract/interaction-shapes.js';
import { assertFitsSchema, schemaProblems } from '../support/cassette-schema.js';
import { parseCassette } from '../support/parsed.js';
import { repoRoot } from '../support/paths.js';
import { type SeededRandom, seededRandom, seedOfRun } from '../support/seeded-random.js';
import { suite } from '../support/suite.js';

const test = suite('the published schema of a cassette');

for (const file of cassettesIn(join(repoRoot, 'fixtures'))) {
  const text = readFileSync(file, 'utf8');
  test(`fits ${file.slice(repoRoot.length + 1)}, which opens`, () => {
    assertFitsSchema(text);
    assert.ok(parseFile(text, file).interactions.length > 0);
  });
}

test('fits every shape of an interaction', () => {
  for (const [name, shape] of SHAPES) {
    assertFitsSchema(printCassette([printInteraction(shape)]), name);
  }
});

test('lets members be that nobody knows', () => {
  const text = readFileSync(join(repoRoot, 'fixtures/cassettes/golden.json'), 'utf8')
    .replace('"interactions"', '"note": 1, "interactions"')
    .replaceAll('"protocol"', '"note": 1, "protocol"');
  assertFitsSchema(text);
  assert.ok(parseCassette(text, 'some.json').length > 0);
});

test('reads long base64', () => {
  const form = (base64: string) => {
    const request = { protocol: 'http', action: 'PUT', target: '', headers: [], body: { base64 } };
    const meta = { values: [['custom', 'interaction']] };
    return { interposition: 1, interactions: [{ json: { request, response: {} }, meta }] };
  };
  assert.equal(schemaProblems(form('AAAA'.repeat(5_000_000))), []);
  assert.is(schemaProblems(form('AAAA'.repeat(5_000_000).concat('*'))).length, 1);
});

/**
 * What no schema can say: it joins places that are far apart, it depends on the Node that reads, or, as the length of
 * base64, it needs a pattern that runs out of stack where bodies are large.
 */
const UNSAYABLE = /names a chunk that is not there|more than 1000 levels|which Node .* lacks|is not base64/;

const SAMPLES: readonly object[] = [
  ...(JSON.parse(readFileSync(join(repoRoot, 'fixtures/cassettes/golden.json'), 'utf8')) as Cassette)
    .interactions,
  withResponse({ body: { encoding: ['gzip', 'br'], complete: false, text: ['a\n', 'b'] }, chunks: [1, 2] }),
  withResponse({ body: { encoding: 'deflate', chunks: ['a', ['b\n', 'c']], charset: 'latin1' } }),
  withResponse({ body: { base64: 'AAECAw==' }, chunks: [1, 3], chunkMetadata: { 1: [['trailer:a', 'b']] } }),
  withResponse({ body: { json: { a: [1, { b: null }] }, style: 'python' } }),
  withResponse({
    metadata: [['status_code', '101']],
    messages: [
      { client: { json: { join: 'Ada' } } },
      { server: { text: ['a\n', 'b'] } },
      { server: { base64: 'AA==' } },
      { server: { type: 'ping' } },
      { server: { type: 'close', code: 1000, text: 'bye' } },
      { client: { type: 'close', code: 1000 } },
    ],
  }),
];

const NAMES = [
  ...['protocol', 'headers', 'metadata', 'body', 'chunks', 'chunkMetadata', 'messages', 'fingerprint'],
  ...['json', 'style', 'form', 'multipart', 'boundary', 'epilogue', 'text', 'charset', 'base64', 'note'],
  ...['encoding', 'complete', 'client', 'server', 'type', 'code', '1', '01', '0', 'meta', 'values'],
];

const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, 1, -1, 0.5, 1000, 70_000, 2 ** 53, '', 'a', 'ž', 'é', '***', 'AA==', 'A', '1'],
  ...['gzip', 'rot13', 'close', 'text', 'binary', 'end', 'latin1', 'utf-16le', 'compact', 'indent-2', 'x-y'],
  ...[[], ['a'], ['a', 'b'], [['a', 'b']], [['a']], [['a', 1]], [1, 2], ['gzip', 'br'], [null], ['ž', 'a']],
  ...[{}, { text: 'a' }, { json: 1 }, { base64: 'AA' }, { text: 'a', json: 1 }, { chunks: ['a'] }],
  ...[{ 1: [['a', 'b']] }, { client: { text: 'a' } }, [{ server: { type: 'end' } }], { type: 'ping' }],
  [{ headers: [], text: 'a' }],
  ['gzip', 'gzip', 'gzip', 'gzip', 'gzip', 'gzip'],
];

test('refuses what the reader refuses, and nothing else', () => {
  const seed = seedOfRun();
  const random = seededRandom(seed);
  const counts = { refused: 0, read: 0 };
  for (let run = 0; run < 6000; run++) {
    const envelope = structuredClone(random.oneOf(SAMPLES)) as { json: { fingerprint?: string } };
    // It would be refused for whatever an edit of its request changes.
    delete envelope.json.fingerprint;
    for (let edits = 1 + random.below(2); edits > 0; edits--) {
      edit(envelope, random);
    }
    const cassette = { interposition: 1, interactions: [envelope] };
    const problem = problemOfReader(cassette);
    if (!UNSAYABLE.test(problem ?? '')) {
      const problems = schemaProblems(cassette);
      const shown = `${JSON.stringify(envelope)}\nreader: ${problem}\nschema: ${problems.join('; ')}`;
      assert.is(problems.length > 0, problem !== undefined, `${shown}\nto see it again: TEST_SEED=${seed}`);
      counts[problem === undefined ? 'read' : 'refused']++;
    }
  }
  assert.ok(counts.refused > 1000 && counts.read > 1000, JSON.stringify(counts));
});

interface Cassette {
  readonly interactions: readonly object[];
}

function withResponse(response: object): object {
  const request = { protocol: 'http', action: 'GET', target: 'http://api.example/', headers: [['a', 'b']] };
  return { json: { request, response }, meta: { values: [['custom', 'interaction']] } };
}

function problemOfReader(cassette: object): string | undefined {
  try {
    parseCassette(JSON.stringify(cassette), 'some.json');
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Takes something out of it, puts something else in its place, or puts something in besides. */
function edit(root: object, random: SeededRandom): void {
  const inner = [root, ...objectsIn(root)];
  const parent = random.oneOf(inner) as Record<string, unknown>;
  const known = Object.keys(parent);
  const value = structuredClone(random.oneOf(VALUES));
  const key = known.length === 0 || random.below(3) === 0 ? random.oneOf(NAMES) : random.oneOf(known);
  if (Array.isArray(parent)) {
    parent.splice(
      random.below(parent.length + 1),
      random.below(2),
      ...(random.below(2) === 0 ? [value] : []),
    );
  } else if (random.below(3) === 0) {
    delete parent[key];
  } else {
    parent[key] = value;
  }
}

function objectsIn(value: object): object[] {
  return Object.values(value).flatMap((member: unknown) =>
    typeof member === 'object' && member !== null ? [member, ...objectsIn(member)] : [],
  );
}

/** The cassettes of this folder, and below it. */
function cassettesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return entry.name === 'node_modules' ? [] : cassettesIn(path);
    }
    return path.endsWith('.json') && /^\{\s*"interposition"/.test(readFileSync(path, 'utf8')) ? [path] : [];
  });
}

test.run();
