import * as assert from 'uvu/assert';
import { parseFile, printCassette, printInteraction } from '../../src/formats/cassette-json.js';
import { CassetteLoadError, Interaction } from '../../src/index.js';
import { type Message, messageMetadata } from '../../src/websocket/messages.js';
import { assertFitsSchema, schemaProblems } from '../support/cassette-schema.js';
import { suite } from '../support/suite.js';

const test = suite('messages of a WebSocket in a cassette');

const bytes = (text: string) => new Uint8Array(Buffer.from(text));

function connection(messages: readonly Message[]): Interaction {
  const head = { data: new Uint8Array(), metadata: [['status_code', '101']] as const };
  return new Interaction({
    request: {
      protocol: 'websocket',
      action: 'GET',
      target: 'http://api.test/',
      headers: [],
      body: new Uint8Array(),
    },
    responseChunks: [
      { ...head, sequence: 0 },
      ...messages.map((message, index) => ({
        data: message.data,
        sequence: index + 1,
        metadata: messageMetadata(message),
      })),
    ],
  });
}

const ROWS: readonly (readonly [message: Message, printed: string])[] = [
  [{ from: 'client', type: 'text', data: bytes('hi') }, '{ "client": { "text": "hi" } }'],
  [{ from: 'server', type: 'text', data: bytes('{"a":1}') }, '{ "server": { "json": { "a": 1 } } }'],
  [{ from: 'server', type: 'text', data: bytes('{"a":  1}') }, '{ "server": { "text": "{\\"a\\":  1}" } }'],
  [{ from: 'server', type: 'text', data: bytes('{"__proto__":1}') }, '"__proto__"'],
  [{ from: 'server', type: 'text', data: bytes('') }, '{ "server": { "text": "" } }'],
  [{ from: 'server', type: 'text', data: bytes('one\ntwo') }, '"text": ["one\\n", "two"]'],
  [{ from: 'server', type: 'text', data: Uint8Array.of(255) }, '"base64": "/w=="'],
  [{ from: 'client', type: 'binary', data: bytes('{"a":1}') }, '{ "client": { "base64": "eyJhIjoxfQ==" } }'],
  [{ from: 'client', type: 'binary', data: bytes('') }, '{ "client": { "base64": "" } }'],
  [{ from: 'client', type: 'ping', data: bytes('') }, '{ "client": { "type": "ping" } }'],
  [{ from: 'server', type: 'pong', data: Uint8Array.of(0, 255) }, '"base64": "AP8="'],
  [{ from: 'server', type: 'close', data: bytes('') }, '{ "server": { "type": "close" } }'],
  [{ from: 'server', type: 'close', code: 4001, data: bytes('why') }, '"code": 4001'],
  [{ from: 'server', type: 'bytes', data: bytes('xyz') }, '"base64": "eHl6"'],
  [{ from: 'server', type: 'end', data: bytes('') }, '{ "server": { "type": "end" } }'],
];

for (const [message, printed] of ROWS) {
  test(`${message.type} ${JSON.stringify(Buffer.from(message.data).toString('latin1'))} comes back`, () => {
    const interaction = connection([message]);
    const block = printInteraction(interaction);
    assert.match(block, printed);
    assertFitsSchema(printCassette([block]));
    const { interactions, growable } = parseFile(printCassette([block]), 'a.json');
    const again = interactions[0]?.interaction() as Interaction;
    assert.ok(growable);
    assert.equal(again.responseChunks[1]?.metadata, interaction.responseChunks[1]?.metadata);
    assert.is(Buffer.compare(again.responseChunks[1]?.data as Uint8Array, message.data), 0);
    assert.is(printInteraction(again), block);
  });
}

const WRONG: Readonly<Record<string, string>> = {
  '{ "client": "hi" }': 'is not an object with one member',
  '{ "client": { "text": "hi" }, "server": { "text": "hi" } }': 'is not an object with one member',
  '{ "someone": { "text": "hi" } }': 'is not an object with one member',
  '{ "client": { "type": "shout", "text": "hi" } }': 'unknown "type" "shout"',
  '{ "client": { "type": null } }': 'unknown "type" null',
  '{ "client": { "text": "hi", "code": 1000 } }': '"code"',
  '{ "client": { "type": "close", "code": 70000 } }': '"code"',
  '{ "client": { "text": "hi", "base64": "" } }': 'an object with one of',
  '{ "client": {} }': 'an object with one of',
};

for (const [json, problem] of Object.entries(WRONG)) {
  test(`${json} is an error that says where`, () => {
    const right = '{ "client": { "text": "hi" } }';
    const file = printCassette([printInteraction(connection([ROWS[0]?.[0] as Message]))]).replace(
      right,
      json,
    );
    assert.ok(schemaProblems(JSON.parse(file)).length > 0, 'the schema lets it pass');
    const read = () => parseFile(file, 'a.json').interactions[0]?.interaction().responseChunks;
    assert.throws(read, (error: Error) => {
      return (
        error instanceof CassetteLoadError &&
        /interaction 1 of 1/.test(error.message) &&
        error.message.includes(problem)
      );
    });
  });
}

test('messages beside a body are an error', () => {
  const block = printInteraction(connection([ROWS[0]?.[0] as Message]));
  const file = printCassette([block.replace('"messages":', '"body": { "text": "x" }, "messages":')]);
  assert.ok(schemaProblems(JSON.parse(file)).length > 0, 'the schema lets it pass');
  assert.throws(
    () => parseFile(file, 'a.json').interactions[0]?.interaction().responseChunks,
    'no body besides',
  );
});

test.run();
