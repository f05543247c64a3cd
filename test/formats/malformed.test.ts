import * as assert from 'uvu/assert';
import { printCassette, printInteraction } from '../../src/formats/cassette-json.js';
import { Cassette, CassetteLoadError } from '../../src/index.js';
import { schemaProblems } from '../support/cassette-schema.js';
import { failure } from '../support/failure.js';
import { cassetteOf, interaction, named } from '../support/interactions.js';
import { parseCassette } from '../support/parsed.js';
import { suite } from '../support/suite.js';

const test = suite('malformed interactions');

/** What stands in the file for one interaction, for a test to spoil. */
interface Envelope {
  json: {
    request: Record<string, unknown>;
    response: Record<string, unknown>;
    [name: string]: unknown;
  };
  meta: unknown;
}

type Row = readonly [what: string, spoil: (envelope: Envelope) => unknown, message?: string | RegExp];

const chunked = interaction({ answer: ['["on', 'e', '"]'], trailers: [['trailer:x', 'y']] });
const text = printCassette(
  new Cassette([named('a'), chunked, named('c')]).interactions.map(printInteraction),
);

function set(part: 'request' | 'response', name: string, value: unknown) {
  return ({ json }: Envelope) => {
    json[part][name] = value;
  };
}

function body(form: unknown) {
  return set('response', 'body', form);
}

function top(name: string, value: unknown) {
  return ({ json }: Envelope) => {
    json[name] = value;
  };
}

const ROWS: readonly Row[] = [
  ['null in its place', () => null, 'envelope'],
  ['a number in its place', () => 7, 'envelope'],
  ['a list in its place', () => [], 'envelope'],
  ['an empty object in its place', () => ({}), 'envelope'],
  ['no envelope around it', ({ json }) => json, 'envelope'],
  ['no json', ({ meta }) => ({ meta }), 'envelope'],
  ['json that is null', ({ meta }) => ({ json: null, meta }), 'envelope'],
  ['json that is a list', ({ meta }) => ({ json: [], meta })],
  ['no meta', ({ json }) => ({ json }), 'envelope'],
  ['meta that is null', ({ json }) => ({ json, meta: null }), 'envelope'],
  ['meta of another type', ({ json }) => ({ json, meta: { values: ['Date'] } }), 'envelope'],
  ['meta of a class', ({ json }) => ({ json, meta: { values: [['class', 'interaction']] } }), 'envelope'],
  ['no request', top('request', undefined), '"request"'],
  ['a request that is a list', top('request', []), '"request"'],
  ['a request that is a string', top('request', 'GET /'), '"request"'],
  ['no protocol', set('request', 'protocol', undefined), 'request.protocol'],
  ['an action that is a number', set('request', 'action', 1), 'request.action'],
  ['a target that is null', set('request', 'target', null), 'request.target'],
  ['no headers', set('request', 'headers', undefined), 'request.headers'],
  ['headers in an object', set('request', 'headers', { accept: '*/*' }), 'request.headers'],
  ['a header of one part', set('request', 'headers', [['accept']]), 'request.headers[0]'],
  ['a header of three parts', set('request', 'headers', [['a', 'b', 'c']]), 'request.headers[0]'],
  ['a header that is a number', set('request', 'headers', [['a', 1]]), 'request.headers[0]'],
  ['a header that is a string', set('request', 'headers', ['ab']), 'request.headers[0]'],
  ['a request body that is a string', set('request', 'body', 'hello'), 'a body is an object'],
  ['a request body that is null', set('request', 'body', null), 'a body is an object'],
  ['a request body without a form', set('request', 'body', {}), 'a body is an object'],
  ['a fingerprint that is a number', top('fingerprint', 7), '"fingerprint"'],
  ['a fingerprint that is null', top('fingerprint', null), '"fingerprint"'],
  ['an empty fingerprint', top('fingerprint', ''), 'fingerprint'],
  ['a fingerprint in upper case', top('fingerprint', chunked.fingerprint.toUpperCase()), 'fingerprint'],
  ['no response', top('response', undefined), '"response"'],
  ['a response that is null', top('response', null), '"response"'],
  ['response metadata in an object', set('response', 'metadata', {}), 'responseChunks[0].metadata'],
  ['a status that is a number', set('response', 'metadata', [['status_code', 200]]), 'metadata[0]'],
  ['a response body that is a list', set('response', 'body', ['a']), 'a body is an object'],
  ['base64 that is none', set('response', 'body', { base64: '***' })],
  ['chunks that are a number', set('response', 'chunks', 11), '"chunks"'],
  ['chunks with a negative length', set('response', 'chunks', [-1, 12]), '"chunks"'],
  ['chunks with half a byte', set('response', 'chunks', [0.5, 10.5]), '"chunks"'],
  ['chunks with a string', set('response', 'chunks', ['3', 3, 5]), '"chunks"'],
  ['chunks with null', set('response', 'chunks', [null]), '"chunks"'],
  ['an encoding that nobody knows', body({ text: 'a', encoding: 'rot13' }), 'unknown "encoding" "rot13"'],
  [
    'an encoding that is a key of prototypes',
    body({ text: 'a', encoding: 'toString' }),
    'unknown "encoding"',
  ],
  ['an empty list of encodings', body({ text: 'a', encoding: [] }), 'unknown "encoding"'],
  ['a list of encodings with null', body({ text: 'a', encoding: ['gzip', null] }), 'unknown "encoding"'],
  ['an encoded body that is complete or not', body({ text: 'a', encoding: 'br', complete: 0 }), '"complete"'],
  ['a body that is cut off and not encoded', body({ text: 'a', complete: false }), '"complete"'],
  ['a request body with an encoding', set('request', 'body', { text: 'a', encoding: 'br' }), '"encoding"'],
  ['a body by chunks that are a number', body({ chunks: 3 }), '"chunks"'],
  ['a body by chunks of which one is a number', body({ chunks: ['a', 3] }), '"chunks"[1]'],
  ['a body by chunks with a line that is none', body({ chunks: [['a', null]] }), '"chunks"[0]'],
  ['a body by chunks and of text', body({ chunks: ['a'], text: 'a' }), 'no other form'],
  ['a request body by chunks', set('request', 'body', { chunks: ['a'] }), 'a body is an object'],
  ['JSON that is too deep to print', body({ json: JSON.parse('['.repeat(2000) + ']'.repeat(2000)) }), '1000'],
  ['chunk metadata in a list', set('response', 'chunkMetadata', [[]]), '"chunkMetadata"'],
  ['chunk metadata that is null', set('response', 'chunkMetadata', null), '"chunkMetadata"'],
  [
    'chunk metadata that is no pair',
    set('response', 'chunkMetadata', { 2: [['a']] }),
    'responseChunks[2].metadata[0]',
  ],
  [
    'chunk metadata that is no list',
    set('response', 'chunkMetadata', { 2: 'ab' }),
    'responseChunks[2].metadata',
  ],
  [
    'chunk metadata of a chunk that is not there',
    set('response', 'chunkMetadata', { 7: [['a', 'b']] }),
    'chunkMetadata',
  ],
  ['metadata that is null', top('metadata', null), 'metadata'],
  ['response metadata that is null', set('response', 'metadata', null), 'responseChunks[0].metadata'],
  ['metadata in an object', top('metadata', { ended: 'whole' }), 'metadata'],
  ['metadata that is no pair', top('metadata', [['ended']]), 'metadata[0]'],
];

/** What the published schema has no words for. */
const UNSAYABLE = ['JSON that is too deep to print', 'chunk metadata of a chunk that is not there'];

for (const [what, spoil, message = ''] of ROWS) {
  test(`${what}: an error that names the interaction`, async () => {
    const file = JSON.parse(text) as { interactions: unknown[] };
    const envelope = file.interactions[1] as Envelope;
    const other = spoil(envelope);
    file.interactions[1] = other === undefined ? envelope : other;
    const spoiled = JSON.stringify(file);
    assert.is(schemaProblems(JSON.parse(spoiled)).length === 0, UNSAYABLE.includes(what), 'the schema');
    const error = await failure(CassetteLoadError, () => parseCassette(spoiled, 'some.json'));
    assert.match(error.message, 'Cannot load the cassette some.json: interaction 2 of 3: ');
    assert.match(error.message, message);
    assert.match(error.message, /record it again/);
    assert.instance(error.cause, Error);
  });
}

const OPTIONAL: readonly (readonly [what: string, part: 'request' | 'response' | undefined, name: string])[] =
  [
    ['request body', 'request', 'body'],
    ['fingerprint', undefined, 'fingerprint'],
    ['response metadata', 'response', 'metadata'],
    ['response body', 'response', 'body'],
    ['list of chunks', 'response', 'chunks'],
    ['chunk metadata', 'response', 'chunkMetadata'],
    ['metadata', undefined, 'metadata'],
  ];

for (const [what, part, name] of OPTIONAL) {
  test(`an interaction may go without its ${what}`, () => {
    const file = JSON.parse(text) as { interactions: Envelope[] };
    const { json } = file.interactions[1] as Envelope;
    delete (part === undefined ? json : json[part])[name];
    assert.is(parseCassette(JSON.stringify(file), 'some.json').length, 3);
  });
}

test('the first of several malformed interactions is named', async () => {
  const file = JSON.parse(text) as { interactions: unknown[] };
  file.interactions = [...file.interactions, null, 7];
  const error = await failure(CassetteLoadError, () => parseCassette(JSON.stringify(file), 'some.json'));
  assert.match(error.message, 'interaction 4 of 5');
});

test('envelope keys of prototypes pollute nothing', () => {
  const spoiled = printCassette(cassetteOf('a').interactions.map(printInteraction)).replace(
    '"json": {',
    '"__proto__": { "polluted": 1 }, "constructor": { "prototype": { "polluted": 1 } }, "json": {',
  );
  try {
    parseCassette(spoiled, 'some.json');
  } catch (error) {
    assert.instance(error, CassetteLoadError);
  }
  assert.not('polluted' in {});
});

test.run();
