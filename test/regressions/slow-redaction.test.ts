import * as assert from 'uvu/assert';
import { Redactor } from '../../src/http/redaction/redact.js';
import { bytes } from '../support/interactions.js';
import { suite } from '../support/suite.js';

// What was made against it took a time that grew with the square of its length.
const test = suite('regression: how long redaction takes');

function msFor(text: string): number {
  const redactor = new Redactor({}, {});
  const begun = performance.now();
  redactor.text(text);
  redactor.request({
    protocol: 'http',
    action: 'POST',
    target: `http://api.test/?${text}`,
    headers: [
      ['set-cookie', text],
      ['content-type', 'application/x-www-form-urlencoded'],
    ],
    body: bytes(text),
  });
  return performance.now() - begun;
}

/** How much longer it takes for a text that is eight times as long. */
function growth(make: (length: number) => string, length: number): number {
  msFor(make(length));
  const times = [length, 8 * length].map((each) => Math.min(msFor(make(each)), msFor(make(each))));
  return (times[1] as number) / Math.max(times[0] as number, 2);
}

/** Tokens of one issuer, which begin alike. */
const tokens = (count: number) =>
  Array.from({ length: count }, (_, index) => {
    return `"access_token":"aB3xK9Zq7Wp2${(index * 104_729 + 1e9).toString(36)}Qm4T${index % 10}"`;
  }).join('\n');

for (const [name, length, make] of [
  ['separators without parameters', 150_000, (count: number) => `${'&'.repeat(count)}=`],
  ['several cookies in one header', 5000, (count: number) => 'a=1; b,'.repeat(count)],
  ['codes in a form', 30_000, (count: number) => 'code=&'.repeat(count)],
  ['tokens that begin alike', 200, tokens],
] as const) {
  test(name, () => {
    const ratio = growth(make, length);
    // Linear is 8, quadratic is 64.
    assert.ok(ratio < 30, `${ratio.toFixed(1)} times as long`);
  });
}

test.run();
