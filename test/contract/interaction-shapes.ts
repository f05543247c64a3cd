import type { Interaction } from '../../src/index.js';
import { interaction } from '../support/interactions.js';

type Shape = readonly [name: string, interaction: Interaction];

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const gzipped = new Uint8Array(Buffer.from('H4sIAAAAAAAAA6tWKkktLlGyUlAqSS0uSS1RqgUAOxYqNRMAAAA=', 'base64'));
const hostileJson =
  '{"__proto__":{"polluted":true},"constructor":{"prototype":1},"toString":null,"json":"json"}';

/** One interaction of every shape that a store has to keep as it is. */
export const SHAPES: readonly Shape[] = [
  ['a plain GET', interaction()],
  [
    'a JSON body either way',
    interaction({
      action: 'POST',
      headers: [['content-type', 'application/json']],
      body: '{"name":"Ada","tags":["a","b"],"age":36}',
      head: [
        ['status_code', '201'],
        ['status_text', 'Created'],
        ['header:content-type', 'application/json'],
      ],
      answer: '{"id":7,"name":"Ada","friends":[]}',
    }),
  ],
  [
    'binary bodies with every byte',
    interaction({ action: 'PUT', target: 'http://api.example/bin', body: everyByte, answer: everyByte }),
  ],
  ['text that is no UTF-8', interaction({ body: Buffer.from('caf\xe9', 'latin1'), answer: gzipped })],
  ['a half surrogate in UTF-8', interaction({ answer: new Uint8Array([0xed, 0xa0, 0x80]) })],
  ['JSON with the keys of prototypes', interaction({ body: hostileJson, answer: hostileJson })],
  [
    'JSON with an envelope in it',
    interaction({ answer: '{"json":{"a":1},"meta":{"values":{"a":["Date"]}}}' }),
  ],
  ['JSON whose keys look like integers', interaction({ answer: '{"2":"b","1":"a","01":"c"}' })],
  ['JSON numbers that no parser keeps', interaction({ answer: '[1.0,1e3,-0,12345678901234567890,0.1e-7]' })],
  ['JSON with a key twice', interaction({ answer: '{"a":1,"a":2}' })],
  ['JSON in lines', interaction({ answer: '{\n  "a": 1,\n  "b": []\n}\n' })],
  ['NDJSON', interaction({ answer: ['{"n":1}\n', '{"n":2}\n', '{"n":3}\n'] })],
  [
    'a chunk border within a character',
    interaction({ answer: [Uint8Array.of(0x22, 0xc3), Uint8Array.of(0xa9, 0x22)] }),
  ],
  ['CRLF, a BOM and control characters', interaction({ answer: '\ufeffa\r\nb\r\n\u0000\u001b[0m\u2028' })],
  [
    'duplicate headers in their order',
    interaction({
      headers: [
        ['Accept', 'text/html'],
        ['accept', '*/*'],
        ['X-Empty', ''],
        ['x-latin', 'caf\xe9'],
      ],
      head: [
        ['status_code', '200'],
        ['header:Set-Cookie', 'a=1; Path=/'],
        ['header:vary', 'Accept'],
        ['header:set-cookie', 'b=2, 3'],
        ['header:Vary', 'Origin'],
      ],
    }),
  ],
  [
    'trailers in the last chunk',
    interaction({
      answer: ['with ', 'trailers'],
      trailers: [
        ['trailer:x-checksum', 'abc'],
        ['trailer:x-checksum', 'def'],
      ],
    }),
  ],
  [
    'interim responses before the status',
    interaction({
      head: [
        ['interim:status_code', '103'],
        ['interim:header:link', '</a.css>; rel=preload'],
        ['status_code', '200'],
      ],
    }),
  ],
  [
    'chunks of which some are empty',
    interaction({ answer: ['', 'a', '', 'bc', ''], trailers: [['end', '']] }),
  ],
  ['several chunks without a byte', interaction({ answer: ['', '', ''], trailers: [['trailer:x', 'y']] })],
  ['a thousand chunks', interaction({ answer: Array.from({ length: 1000 }, (_, n) => `data: ${n}\n\n`) })],
  [
    'no body, no headers',
    interaction({ action: 'HEAD', answer: '', head: [['status_code', '204']], metadata: [] }),
  ],
  ['no response metadata at all', interaction({ head: [], answer: '' })],
  [
    'metadata of a recording',
    interaction({
      metadata: [
        ['recorded_at', '2026-01-02T03:04:05.678Z'],
        ['session', '20260102T030405Z-a1b2c3'],
        ['lane', '1'],
        ['order', '12'],
        ['ended', 'whole'],
        ['note', 'twice'],
        ['note', 'twice'],
      ],
    }),
  ],
  [
    'a recording that was cut off',
    interaction({
      answer: ['data: 1\n\n', 'data: 2'],
      metadata: [
        ['ended', 'truncated'],
        ['ended_after_ms', '1500'],
      ],
    }),
  ],
  [
    'an SQL-shaped exchange',
    interaction({
      protocol: 'postgresql',
      action: 'SELECT',
      target: 'db://main/users',
      body: 'SELECT * FROM users WHERE name = $1 -- "\\ é 漢 🙂',
      head: [],
      answer: ['{"id":1}', '{"id":2}'],
      trailers: [['rows', '2']],
    }),
  ],
  [
    'a pub/sub-shaped exchange',
    interaction({
      protocol: 'mqtt',
      action: 'SUBSCRIBE',
      target: 'a/+/#',
      head: [['qos', '1']],
      answer: ['', 'x'],
    }),
  ],
  [
    'names that are empty',
    interaction({ protocol: '', action: '', target: '', headers: [['', '']], head: [['', '']] }),
  ],
  [
    'characters of every plane',
    interaction({ target: 'http://é.example/漢?🙂=\u0000\u007f\u2028', answer: '🙂' }),
  ],
  ['a lone surrogate in a name', interaction({ target: 'http://api.example/\ud800' })],
  [
    'a megabyte',
    interaction({ answer: new Uint8Array(1024 * 1024).map((_, index) => (index * 7919) >>> 3) }),
  ],
];
