import * as assert from 'uvu/assert';
import type { HeaderPair } from '../../src/core/interaction.js';
import { Redactor } from '../../src/http/redaction/redact.js';
import { bytes } from '../support/interactions.js';
import { suite } from '../support/suite.js';

// Each of them stands where docs/redaction.md says that it is found, and was not.
const test = suite('regression: secrets that were overlooked');

const TOKEN = 'q8Zk3LmWp2Xr7TvBd9Gh';
const KEY = `ghp_${TOKEN}${TOKEN}`.slice(0, 40);
const LINE = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj';
const pem = (lineEnd: string) =>
  ['-----BEGIN PRIVATE KEY-----', LINE, '-----END PRIVATE KEY-----'].join(lineEnd);
const FORM = 'multipart/form-data; boundary=XyZ';
const form = (head: string) => `--XyZ\r\n${head}\r\n\r\na\r\n--XyZ--\r\n`;

/** What an answer becomes. */
function redacted(body: string, type?: string, headers: readonly HeaderPair[] = []): string {
  const all = type === undefined ? headers : [...headers, ['content-type', type] as const];
  const metadata = all.map(([name, value]) => [`header:${name}`, value] as const);
  const chunks = [{ data: bytes(body), sequence: 0, metadata }];
  const [chunk] = new Redactor({}, {}).response(chunks, {
    protocol: 'http',
    action: 'GET',
    target: 'http://api.test/',
    headers: [],
    body: bytes(''),
  });
  return `${JSON.stringify(chunk?.metadata)}\n${Buffer.from(chunk?.data ?? []).toString()}`;
}

const BODIES: readonly (readonly [name: string, secret: string, body: string, type?: string])[] = [
  [
    'the name of an uploaded file',
    KEY,
    form(`Content-Disposition: form-data; name="f"; filename="${KEY}.txt"`),
    FORM,
  ],
  ['a header of a part', TOKEN, form(`Content-Type: text/plain\r\nAuthorization: Bearer ${TOKEN}`), FORM],
  ['in front of the first part', KEY, `${KEY}\r\n${form('A: b')}`, FORM],
  ['behind the last part', KEY, `${form('A: b')}${KEY}`, FORM],
  [
    'a field of a form without quotes',
    TOKEN,
    `<input type=hidden name=csrf_token value=${TOKEN}>`,
    'text/html',
  ],
  ['a button of a form', TOKEN, `<button name="csrf_token" value="${TOKEN}">Go</button>`, 'text/html'],
  ['CDATA with a bracket', 'a]word', '<password><![CDATA[a]word]]></password>', 'application/xml'],
  ['a private key with an indent', LINE, pem('\r\n                    '), 'text/yaml'],
  ['a private key with escapes of escapes', LINE, pem('\\\\n'), 'text/plain'],
  ['a private key in an attribute', LINE, `<a b="${pem('&#10;')}"/>`, 'application/xml'],
  ['a private key on a page', LINE, pem('<br>\n'), 'text/html'],
  [
    'an event with a word in front',
    'hunter2',
    'data: update {"password":"hunter2"}\n\n',
    'text/event-stream',
  ],
  ['a comment of an event stream', 'hunter2', ': {"password":"hunter2"}\n\n', 'text/event-stream'],
  [
    'an event of several lines',
    'hunter2',
    `data: {\ndata: ${' '.repeat(24)}"password": "hunter2"\ndata: }\n\n`,
    'text/event-stream',
  ],
  ['events that end with CR', 'hunter2', 'data: 1\rdata: {"password":"hunter2"}\r\r', 'text/event-stream'],
  ['a sequence of JSON texts', 'hunter2', '\x1e{"password":"hunter2"}\n', 'application/json-seq'],
  ['a message of SignalR', '482913', '{"arguments":[{"otp":482913}]}\x1e'],
  ['a message of STOMP', 'hunter2', 'CONNECT\nlogin:ada\npasscode:hunter2\n\n\0\n'],
  ['a number in a message of Socket.IO', '482913', '42/admin,7["login",{"otp":482913}]'],
  [
    'JSON in a line, with an apostrophe',
    "it's me",
    `failed: {"user":"ada","password":"it's me"}`,
    'text/plain',
  ],
  [
    'JSON in a line, with an escape',
    'me\\"too',
    'failed: {"user":"ada","password":"me\\"too"}',
    'text/plain',
  ],
  [
    'a block string of GraphQL',
    'hunter2',
    JSON.stringify({ query: 'mutation { login(password: """hunter2""") { id } }' }),
    'application/json',
  ],
  [
    'the code of a request for an OAuth token, in JSON',
    '4/0AeaYSH.dQ',
    '{"grant_type":"authorization_code","code":"4/0AeaYSH.dQ"}',
    'application/json',
  ],
  ['a setting with a comment', 'hunter2', 'password: hunter2 # of staging\n', 'text/yaml'],
];

for (const [name, secret, body, type] of BODIES) {
  test(name, () => {
    const text = redacted(body, type);
    assert.not.match(text, secret);
    assert.match(text, /REDACTED|otp":0/);
  });
}

test('the code of an error, or of a country, stays in JSON', () => {
  const body = '{"code":"4/0AeaYSH.dQ"}';
  assert.match(redacted(body, 'application/json'), body);
});

test('attributes of a cookie', () => {
  assert.not.match(redacted('', undefined, [['set-cookie', `a=1; Path=/x?${KEY}; Secure`]]), KEY);
});

test('several cookies in one header', () => {
  const expires = 'Expires=Wed, 21 Oct 2026 07:28:00 GMT';
  const text = redacted('', undefined, [
    ['set-cookie', `a=1; ${expires}, sid=${TOKEN}; Path=/, b=2; Path=/`],
  ]);
  assert.match(text, `"a=REDACTED; ${expires}, sid=REDACTED`);
  assert.match(text, '; Path=/, b=REDACTED; Path=/"');
  assert.not.match(text, TOKEN);
});

test('an unmistakable key in a challenge', () => {
  const text = redacted('', undefined, [
    ['www-authenticate', `Bearer realm="api", error_description="${KEY}"`],
  ]);
  assert.not.match(text, KEY);
  assert.match(text, 'Bearer realm=\\"api\\"');
});

test('an upload to which its file name is known already', () => {
  const redactor = new Redactor({}, {});
  const { body } = redactor.request({
    protocol: 'http',
    action: 'POST',
    target: 'http://api.test/',
    headers: [
      ['authorization', `Bearer ${TOKEN}`],
      ['content-type', FORM],
    ],
    body: bytes(form(`Content-Disposition: form-data; name="f"; filename="${TOKEN}"`)),
  });
  assert.not.match(Buffer.from(body).toString(), TOKEN);
});

test.run();
