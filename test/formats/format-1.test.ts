import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parseFile } from '../../src/formats/cassette-json.js';
import { isSupported } from '../../src/http/coding/codecs.js';
import { decodeBody } from '../../src/http/coding/content-coding.js';
import { headerValue } from '../../src/http/headers.js';
import { fieldsOf } from '../../src/http/response.js';
import type { Interaction } from '../../src/index.js';
import { assertFitsSchema } from '../support/cassette-schema.js';
import { repoRoot } from '../support/paths.js';
import { suite } from '../support/suite.js';

const test = suite('a cassette of format 1');

// It holds whatever the format can hold. Nothing in it is ever changed: releases that read format 1 read this.
const FILE = join(repoRoot, 'fixtures/cassettes/format-1.json');
const text = readFileSync(FILE, 'utf8');

const interactions = new Map(
  parseFile(text, FILE).interactions.map((stored) => {
    const interaction = stored.interaction();
    return [decodeURIComponent(new URL(interaction.request.target).pathname.slice(1)), interaction];
  }),
);

const JSON_VALUE = { name: 'Ada', tags: ['a', 1] };
const MULTIPART = [
  '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\n',
  '--B\r\n\r\n\0\xff\r\n',
  '--B\r\nContent-Type: application/json\r\n\r\n{"b":2}\r\n--B--\r\n',
].join('');
const UTF_8 = 'Zo\xc3\xab';

/** The bytes of both bodies, one character each. */
const BODIES: Readonly<Record<string, string>> = {
  'json compact': JSON.stringify(JSON_VALUE),
  'json indent-2': JSON.stringify(JSON_VALUE, null, 2),
  'json indent-4': JSON.stringify(JSON_VALUE, null, 4),
  'json indent-tab': JSON.stringify(JSON_VALUE, null, '\t'),
  'json indent-2-newline': `${JSON.stringify(JSON_VALUE, null, 2)}\n`,
  'json compact-newline': `${JSON.stringify(JSON_VALUE)}\n`,
  'json python': '{"name": "Zo\\u00eb"}',
  form: 'a=1&a=b+c',
  multipart: MULTIPART,
  'multipart with an epilogue': '--B\r\n\r\n\r\n--B--',
  text: UTF_8,
  'text by lines': 'one\r\ntwo\nthree',
  'text latin1': 'Zo\xeb',
  'text utf-16le': 'Z\0o\0\xeb\0',
  'text utf-16be': '\0Z\0o\0\xeb\0\n\0A\0d\0a',
  base64: '\0\x01\x02\x03\xff',
};

/** What the response decodes to. */
const ENCODED: Readonly<Record<string, string>> = {
  gzip: JSON.stringify(JSON_VALUE),
  deflate: UTF_8,
  'deflate-raw': UTF_8,
  br: UTF_8,
  'gzip, br': UTF_8,
  'gzip cut off': UTF_8,
  zstd: UTF_8,
};

const OTHERS = ['nothing', 'chunks of text', 'chunks by their lengths', 'messages', 'metadata'];

function named(name: string): Interaction {
  const interaction = interactions.get(name);
  assert.ok(interaction, `there is no ${name}`);
  return interaction as Interaction;
}

function chunksOf({ responseChunks }: Interaction): string[] {
  return responseChunks.map(({ data }) => Buffer.from(data).toString('latin1'));
}

test('fits the schema, and holds what is read here', () => {
  assertFitsSchema(text);
  assert.equal([...interactions.keys()], [...Object.keys(BODIES), ...Object.keys(ENCODED), ...OTHERS]);
});

for (const [name, bytes] of Object.entries(BODIES)) {
  test(`a body: ${name}`, () => {
    const interaction = named(name);
    assert.is(Buffer.from(interaction.request.body).toString('latin1'), bytes);
    assert.equal(chunksOf(interaction), [bytes]);
  });
}

for (const [name, bytes] of Object.entries(ENCODED)) {
  const readable = test.skipUnless(name !== 'zstd' || isSupported('zstd'), 'this Node has no zstd');
  readable(`an encoded body: ${name}`, () => {
    const { responseChunks } = named(name);
    const headers = fieldsOf('header', responseChunks);
    assert.is(headerValue(headers, 'content-encoding'), name.replace(/-raw| cut off/, ''));
    const decoded = decodeBody(
      responseChunks.map(({ data }) => data),
      headers,
    );
    assert.is(Buffer.from(decoded?.chunks[0] as Uint8Array).toString('latin1'), bytes);
    assert.is(decoded?.complete, name !== 'gzip cut off');
  });
}

test('no body, and no metadata', () => {
  assert.equal(named('nothing').responseChunks, [{ data: new Uint8Array(), sequence: 0, metadata: [] }]);
});

test('chunks, and trailers with the last', () => {
  const trailers = [['trailer:x-sum', 'abc']];
  const events = named('chunks of text');
  assert.equal(chunksOf(events), ['data: 1\n\n', 'data: 2']);
  assert.equal(events.responseChunks[1]?.metadata, trailers);
  const json = named('chunks by their lengths');
  assert.equal(chunksOf(json), ['{', '', JSON.stringify(JSON_VALUE).slice(1)]);
  assert.equal(json.responseChunks[2]?.metadata, trailers);
});

test('messages', () => {
  const [head, ...messages] = named('messages').responseChunks;
  assert.equal(head?.metadata, [['status_code', '101']]);
  const told = messages.map(({ data, metadata }) => [
    ...metadata.map((pair) => pair[1]),
    Buffer.from(data).toString('latin1'),
  ]);
  assert.equal(told, [
    ['client', 'text', '{"join":"Ada"}'],
    ['server', 'text', 'a\nb'],
    ['server', 'text', '\xff'],
    ['client', 'binary', '\0\xff'],
    ['server', 'ping', ''],
    ['client', 'pong', 'x'],
    ['client', 'binary', 'b'],
    ['server', 'bytes', '\0\xff'],
    ['server', 'close', '1000', 'bye'],
    ['client', 'close', ''],
    ['server', 'end', ''],
    ['server', 'cut', ''],
  ]);
});

test('metadata', () => {
  const { recording, metadata, responseChunks } = named('metadata');
  assert.equal(responseChunks[0]?.metadata[0], ['interim:status_code', '103']);
  assert.equal(metadata.at(-1), ['unknown', 'x']);
  assert.equal(
    { ...recording, recordedAtMs: recording.recordedAtMs, chunksAfterMs: recording.chunksAfterMs },
    {
      session: '20260102T030405Z-a1b2c3',
      lane: '1',
      order: 2,
      nth: 3,
      truncated: false,
      failure: '{"name":"Error","message":"refused"}',
      recordedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      answeredAfterMs: 5,
      chunksAfterMs: [5],
      endedAfterMs: 9,
    },
  );
});

test.run();
