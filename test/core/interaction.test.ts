import { runInNewContext } from 'node:vm';
import * as assert from 'uvu/assert';
import {
  fingerprint,
  Interaction,
  type InteractionInit,
  InteractionValidationError,
  InterpositionError,
} from '../../src/index.js';
import { suite } from '../support/suite.js';
import { bytes, chunk, request, text } from './harness.js';

const test = suite('interaction');

const good: InteractionInit = {
  request: request({ headers: [['accept', '*/*']], body: bytes('q') }),
  responseChunks: [chunk('a', 0, [['status_code', '200']]), chunk('b', 1)],
  metadata: [['note', 'x']],
};

/** The error of an init that no type allows. */
function refusal(init: unknown): InteractionValidationError {
  try {
    new Interaction(init as InteractionInit);
  } catch (error) {
    assert.instance(error, InteractionValidationError);
    return error as InteractionValidationError;
  }
  throw new Error('it was accepted');
}

const withRequest = (fields: object) => ({ ...good, request: { ...good.request, ...fields } });
const withChunks = (...responseChunks: unknown[]) => ({ ...good, responseChunks });
const holed = (...places: [at: number, value: unknown][]) => {
  const list: unknown[] = [];
  for (const [at, value] of places) {
    list[at] = value;
  }
  return list;
};

const MALFORMED: readonly (readonly [name: string, field: string, init: unknown])[] = [
  ['no request', 'request', { ...good, request: undefined }],
  ['a request that is null', 'request', { ...good, request: null }],
  ['a request that is text', 'request', { ...good, request: 'GET /' }],
  ['no protocol', 'request.protocol', withRequest({ protocol: undefined })],
  ['a protocol that is a number', 'request.protocol', withRequest({ protocol: 1 })],
  ['no action', 'request.action', withRequest({ action: undefined })],
  ['an action that is null', 'request.action', withRequest({ action: null })],
  ['no target', 'request.target', withRequest({ target: undefined })],
  ['a target that is a URL object', 'request.target', withRequest({ target: new URL('http://a.b') })],
  ['no headers', 'request.headers', withRequest({ headers: undefined })],
  ['headers that are an object', 'request.headers', withRequest({ headers: { accept: '*/*' } })],
  ['headers that are text', 'request.headers', withRequest({ headers: 'accept: */*' })],
  ['a header that is text', 'request.headers[0]', withRequest({ headers: ['accept'] })],
  ['a header without a value', 'request.headers[1]', withRequest({ headers: [['a', 'b'], ['c']] })],
  ['a header of three', 'request.headers[0]', withRequest({ headers: [['a', 'b', 'c']] })],
  ['a header whose value is a number', 'request.headers[0]', withRequest({ headers: [['a', 1]] })],
  ['headers with a hole', 'request.headers[0]', withRequest({ headers: holed([1, ['a', 'b']]) })],
  ['no body', 'request.body', withRequest({ body: undefined })],
  ['a body that is text', 'request.body', withRequest({ body: 'hi' })],
  ['a body that is an ArrayBuffer', 'request.body', withRequest({ body: new ArrayBuffer(1) })],
  ['a body that is a DataView', 'request.body', withRequest({ body: new DataView(new ArrayBuffer(1)) })],
  ['no chunks', 'responseChunks', { ...good, responseChunks: undefined }],
  ['chunks that are no list', 'responseChunks', { ...good, responseChunks: { 0: chunk('a') } }],
  ['an empty list of chunks', 'responseChunks', withChunks()],
  ['a chunk that is null', 'responseChunks[0].data', withChunks(null)],
  ['a chunk without data', 'responseChunks[0].data', withChunks({ sequence: 0 })],
  ['a chunk of text', 'responseChunks[1].data', withChunks(chunk('a'), { data: 'b', sequence: 1 })],
  ['a chunk without a sequence', 'responseChunks[0].sequence', withChunks({ data: bytes('a') })],
  ['chunks from 1', 'responseChunks[0].sequence', withChunks(chunk('a', 1), chunk('b', 2))],
  ['a gap', 'responseChunks[1].sequence', withChunks(chunk('a', 0), chunk('b', 2))],
  ['a sequence twice', 'responseChunks[1].sequence', withChunks(chunk('a', 0), chunk('b', 0))],
  ['chunks in the wrong order', 'responseChunks[0].sequence', withChunks(chunk('a', 1), chunk('b', 0))],
  ['a sequence of text', 'responseChunks[0].sequence', withChunks({ data: bytes('a'), sequence: '0' })],
  ['a sequence of NaN', 'responseChunks[0].sequence', withChunks({ data: bytes('a'), sequence: Number.NaN })],
  ['a list with a hole', 'responseChunks[1].data', withChunks(...holed([0, chunk('a')], [2, chunk('b', 2)]))],
  [
    'a hole that is none to the spread',
    'responseChunks[0].data',
    { ...good, responseChunks: holed([1, chunk('b', 1)]) },
  ],
  [
    'chunk metadata that is an object',
    'responseChunks[0].metadata',
    withChunks({ data: bytes('a'), sequence: 0, metadata: { status_code: '200' } }),
  ],
  [
    'chunk metadata with a number',
    'responseChunks[0].metadata[0]',
    withChunks({ data: bytes('a'), sequence: 0, metadata: [['status_code', 200]] }),
  ],
  ['metadata that is an object', 'metadata', { ...good, metadata: { session: '1' } }],
  ['a metadata pair of one', 'metadata[0]', { ...good, metadata: [['session']] }],
  ['another fingerprint', 'fingerprint', { ...good, fingerprint: 'f'.repeat(64) }],
  [
    'a fingerprint in upper case',
    'fingerprint',
    {
      ...good,
      fingerprint: fingerprint(good.request).toUpperCase(),
    },
  ],
  ['an empty fingerprint', 'fingerprint', { ...good, fingerprint: '' }],
];

for (const [name, field, init] of MALFORMED) {
  test(`refuses ${name}, and names ${field}`, () => {
    const error = refusal(init);
    assert.is(error.field, field);
    assert.ok(error.message.includes(field), error.message);
    assert.is(error.name, 'InteractionValidationError');
    assert.is(error.code, 'ERR_INTERACTION_INVALID');
    assert.instance(error, InterpositionError);
  });
}

test('a wrong fingerprint is answered with both, the request, and what to do', () => {
  const wrong = 'f'.repeat(64);
  const { message } = refusal({ ...good, fingerprint: wrong });
  for (const part of [wrong, fingerprint(good.request), good.request.target, 'delete the fingerprint']) {
    assert.ok(message.includes(part), `${part} in: ${message}`);
  }
});

test('keeps what it was given', () => {
  const made = new Interaction({ ...good, fingerprint: fingerprint(good.request) });
  assert.equal(made.request, good.request);
  assert.equal(
    made.responseChunks.map(({ data, sequence, metadata }) => [text(data), sequence, metadata]),
    [
      ['a', 0, [['status_code', '200']]],
      ['b', 1, []],
    ],
  );
  assert.equal(made.metadata, [['note', 'x']]);
});

test('metadata and fingerprint may be left out, of a chunk too', () => {
  const made = new Interaction({
    request: good.request,
    responseChunks: [{ data: new Uint8Array(), sequence: 0 }],
  });
  assert.equal(made.metadata, []);
  assert.equal(made.responseChunks[0]?.metadata, []);
});

test('bytes are bytes in any of their classes, those of another realm too', () => {
  const foreign = runInNewContext('new Uint8Array([104, 105])') as Uint8Array;
  for (const data of [Buffer.from('hi'), foreign]) {
    const made = new Interaction({
      request: request({ body: data }),
      responseChunks: [{ data, sequence: 0 }],
    });
    assert.is(text(made.responseChunks[0]?.data ?? bytes('')), 'hi');
    assert.is(made.fingerprint, fingerprint(request({ body: bytes('hi') })));
  }
});

test('does not follow later changes of the objects it was made from', () => {
  const headers: [string, string][] = [['a', '1']];
  const metadata: [string, string][] = [['m', '1']];
  const chunkMetadata: [string, string][] = [['c', '1']];
  const asked = { ...request(), headers };
  const responseChunks = [{ data: bytes('a'), sequence: 0, metadata: chunkMetadata }];
  const made = new Interaction({ request: asked, responseChunks, metadata });
  asked.target = 'elsewhere';
  headers.push(['b', '2']);
  (headers[0] as [string, string])[1] = 'changed';
  metadata.length = 0;
  chunkMetadata.length = 0;
  responseChunks.push({ data: bytes('b'), sequence: 1, metadata: [] });
  assert.is(made.request.target, request().target);
  assert.equal(made.request.headers, [['a', '1']]);
  assert.equal(made.metadata, [['m', '1']]);
  assert.equal(made.responseChunks[0]?.metadata, [['c', '1']]);
  assert.is(made.responseChunks.length, 1);
  assert.is(made.fingerprint, fingerprint(made.request));
});

test('chunks that a function gives are made when they are asked for, once, and are as immutable', () => {
  let calls = 0;
  const made = new Interaction({
    ...good,
    responseChunks: () => {
      calls++;
      return [chunk('a')];
    },
  });
  assert.is(calls, 0);
  assert.is(text(made.responseChunks[0]?.data ?? bytes('')), 'a');
  assert.is(made.responseChunks, made.responseChunks);
  assert.is(calls, 1);
  assert.ok(Object.isFrozen(made) && Object.isFrozen(made.responseChunks));
  assert.throws(() => Object.assign(made, { responseChunks: [] }), TypeError);
  assert.ok(Object.keys(made).includes('responseChunks'), 'it is seen by what lists or compares members');
});

test('chunks that a function gives and that are not well formed are an error each time they are asked for', () => {
  const made = new Interaction({ ...good, responseChunks: () => [chunk('a', 1)] });
  for (let time = 0; time < 2; time++) {
    assert.throws(
      () => made.responseChunks,
      (error: unknown) =>
        error instanceof InteractionValidationError && error.field === 'responseChunks[0].sequence',
    );
  }
});

test('is immutable all the way down to its bytes', () => {
  const made = new Interaction({ ...good, metadata: [['ended', 'truncated']] });
  const parts: Record<string, object> = {
    interaction: made,
    request: made.request,
    headers: made.request.headers,
    'header pair': made.request.headers[0] as object,
    chunks: made.responseChunks,
    chunk: made.responseChunks[0] as object,
    'chunk metadata': made.responseChunks[0]?.metadata as object,
    metadata: made.metadata,
    'metadata pair': made.metadata[0] as object,
    recording: made.recording,
  };
  for (const [name, part] of Object.entries(parts)) {
    const key = Object.keys(part)[0] as string;
    assert.throws(() => Object.assign(part, { [key]: undefined }), TypeError, name);
    assert.throws(() => Object.assign(part, { added: 1 }), TypeError, name);
  }
});

test.run();
