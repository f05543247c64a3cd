import * as assert from 'uvu/assert';
import { REDACTED, redactCredentials } from '../../src/http/redact.js';
import { suite } from '../support/suite.js';

const test = suite('redactCredentials');

const request = {
  protocol: 'http',
  action: 'GET',
  target: 'http://api.test/',
  headers: [
    ['Authorization', 'Bearer secret'],
    ['x-plain', '1'],
    ['COOKIE', 'a=1'],
    ['cookie', 'b=2'],
    ['Proxy-Authorization', 'Basic secret'],
  ],
  body: Buffer.from('body'),
} as const;

test('credentials are replaced where they stand, in any letters and each time', () => {
  assert.equal(redactCredentials(request).headers, [
    ['Authorization', REDACTED],
    ['x-plain', '1'],
    ['COOKIE', REDACTED],
    ['cookie', REDACTED],
    ['Proxy-Authorization', REDACTED],
  ]);
});

test('the request itself, which is what is sent, stays as it is', () => {
  const before = structuredClone(request.headers);
  redactCredentials(request);
  assert.equal(request.headers, before);
});

test('everything else is kept', () => {
  const { headers: _, ...rest } = redactCredentials(request);
  const { headers: __, ...expected } = request;
  assert.equal(rest, expected);
});

test('redacting again changes nothing', () => {
  const once = redactCredentials(request);
  assert.equal(redactCredentials(once), once);
});

test.run();
