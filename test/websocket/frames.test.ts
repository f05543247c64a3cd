import { constants, deflateRawSync } from 'node:zlib';
import * as assert from 'uvu/assert';
import { Inflater } from '../../src/websocket/extensions.js';
import { FrameReader, serverFrame } from '../../src/websocket/frames.js';
import type { Message, Side } from '../../src/websocket/messages.js';
import { suite } from '../support/suite.js';
import { frame } from './server.js';

const test = suite('frames of a WebSocket');

type Read = readonly [type: string, data: string, code?: number];

function read(from: Side, pieces: readonly Uint8Array[], takeover?: boolean): Read[] {
  const found: Message[] = [];
  const inflater = takeover === undefined ? undefined : new Inflater(takeover, Number.POSITIVE_INFINITY);
  const reader = new FrameReader(from, inflater, (message) => found.push(message));
  for (const piece of pieces) {
    const own = Buffer.from(piece);
    reader.push(own);
    own.fill(0);
  }
  return found.map(({ type, data, code }) => [
    type,
    Buffer.from(data).toString('latin1'),
    ...(code === undefined ? [] : [code]),
  ]) as unknown as Read[];
}

const split = (bytes: Uint8Array, size: number) =>
  Array.from({ length: Math.ceil(bytes.byteLength / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );

const masked = (first: number, text: string) => {
  const mask = [1, 2, 3, 4] as const;
  const bytes = Buffer.from(text).map((byte, at) => byte ^ (mask[at % 4] as number));
  return Buffer.concat([Uint8Array.of(first, 0x80 | bytes.byteLength, ...mask), bytes]);
};

const long = 'x'.repeat(300);
const longer = 'y'.repeat(70_000);

const conversation = Buffer.concat([
  frame(0x81, 'one'),
  frame(0x01, 'fr'),
  frame(0x89, 'p'),
  frame(0x00, 'ag'),
  frame(0x80, 'ment'),
  serverFrame({ type: 'binary', data: Buffer.from(long) }),
  serverFrame({ type: 'text', data: Buffer.from(longer) }),
  frame(0x8a, ''),
  frame(0x81, ''),
  serverFrame({ type: 'close', code: 4001, data: Buffer.from('why') }),
]);
const messages: readonly Read[] = [
  ['text', 'one'],
  ['ping', 'p'],
  ['text', 'fragment'],
  ['binary', long],
  ['text', longer],
  ['pong', ''],
  ['text', ''],
  ['close', 'why', 4001],
];

for (const size of [1, 2, 3, 7, 1000, conversation.byteLength]) {
  test(`are read in pieces of ${size} bytes, which may be changed afterwards`, () => {
    assert.equal(read('server', split(conversation, size)), messages);
  });
}

test('of a client are unmasked', () => {
  const bytes = Buffer.concat([masked(0x81, 'hello there'), masked(0x88, '')]);
  for (const size of [1, bytes.byteLength]) {
    assert.equal(read('client', split(bytes, size)), [
      ['text', 'hello there'],
      ['close', ''],
    ]);
  }
});

const MALFORMED: Readonly<Record<string, Buffer>> = {
  'a reserved opcode': frame(0x83, 'x'),
  'a reserved bit': frame(0xa1, 'x'),
  'compression that was not agreed on': frame(0xc1, 'x'),
  'a mask on what the server sends': masked(0x81, 'x'),
  'a control frame in fragments': frame(0x09, 'x'),
  'a close of one byte': frame(0x88, 'x'),
  'a continuation of nothing': frame(0x80, 'x'),
  'a control frame that is long': Buffer.concat([Uint8Array.of(0x89, 126, 0, 200), Buffer.alloc(200)]),
};

for (const [what, bytes] of Object.entries(MALFORMED)) {
  test(`from ${what} on are bytes`, () => {
    const [first, ...rest] = read('server', [frame(0x81, 'one'), bytes, frame(0x81, 'two')]);
    assert.equal(first, ['text', 'one']);
    assert.ok(rest.every(([type]) => type === 'bytes'));
    const told = rest.map(([, data]) => data).join('');
    assert.is(told, Buffer.concat([bytes, frame(0x81, 'two')]).toString('latin1'));
  });
}

for (const takeover of [true, false]) {
  test(`are decompressed, ${takeover ? 'with' : 'without'} what went before`, () => {
    const texts = [longer, 'again and again and again', `${longer}again and again`];
    let before = Buffer.alloc(0);
    const frames = texts.map((text) => {
      const deflated = deflateRawSync(text, {
        finishFlush: constants.Z_SYNC_FLUSH,
        ...(takeover && before.byteLength > 0 && { dictionary: before.subarray(-32768) }),
      });
      before = Buffer.concat([before, Buffer.from(text)]);
      const payload = deflated.subarray(0, -4);
      const [head] = [serverFrame({ type: 'text', data: payload })];
      const bytes = Buffer.from(head as Uint8Array);
      bytes[0] = 0xc1;
      return bytes;
    });
    assert.equal(
      read('server', frames, takeover),
      texts.map((text) => ['text', text]),
    );
  });
}

test('that cannot be decompressed are bytes', () => {
  const bytes = frame(0xc1, Uint8Array.of(0xff, 0xff, 0xff));
  assert.equal(read('server', [bytes], true), [['bytes', bytes.toString('latin1')]]);
});

test.run();
