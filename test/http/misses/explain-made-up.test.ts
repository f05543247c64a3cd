import * as assert from 'uvu/assert';
import { areMadeUp, isId } from '../../../src/http/misses/made-up.js';
import { suite } from '../../support/suite.js';

const test = suite('areMadeUp');

const madeUp: Record<string, readonly [unknown, unknown]> = {
  uuids: ['c56a4180-65aa-42ec-a945-5fd21dec0538', '1F0C1A2E-8A0B-4B57-9D55-0B4A3AD6C1AA'],
  'ids with a prefix': ['req_01ARZ3NDEKTSV4RRFFQ69G5FAV', 'req_01BX5ZZKBKACTAV9WEVGEMMVRZ'],
  ulids: ['01ARZ3NDEKTSV4RRFFQ69G5FAV', '01BX5ZZKBKACTAV9WEVGEMMVRZ'],
  nanoids: ['V1StGXR8_Z5jdHi6B-myT', '5mT6bZq0XwKcN2vRr_Yhd'],
  'hashes in hex': ['9e107d9d372bb6826bd81d3542a419d6', 'e4d909c290d0fb1ca068ffaddf22cbd0'],
  base64: ['Zm9vYmFyMTIzNDU2Nzg5MA==', 'cXV1eDk4NzY1NDMyMTBhYg=='],
  'Math.random().toString(36)': ['k3j9x0a1b2z', 'p8q1z7c5v2m'],
  'numbers of Math.random()': [0.4823742893742, 0.1129837489237],
  'dates of ISO 8601': ['2024-05-01', '2025-01-31'],
  'times of ISO 8601': ['2024-05-01T10:00:00Z', '2025-01-31T23:59:59.123+02:00'],
  'times of HTTP': ['Wed, 01 May 2024 10:00:00 GMT', 'Fri, 31 Jan 2025 23:59:59 GMT'],
  milliseconds: [1700000000000, 1712345678901],
  seconds: [1700000000, 1712345678],
  'milliseconds as a text': ['1700000000000', '1712345678901'],
  'file names with a time': ['upload-1700000000000.png', 'upload-1712345678901.png'],
  'sentences with a time': ['Sent at 2024-05-01T10:00:00Z.', 'Sent at 2025-01-31T23:59:59Z.'],
  'e-mail addresses with a number': ['Ada.Lovelace42@gmail.com', 'grace_hopper7@example.org'],
  'e-mail addresses with a tag': ['test+abc@example.com', 'test+xyz@example.com'],
};

for (const [title, [a, b]] of Object.entries(madeUp)) {
  test(`${title} are made up`, () => assert.is(areMadeUp(a, b), true));
}

const chosen: Record<string, readonly [unknown, unknown]> = {
  words: ['London', 'Paris'],
  sentences: ['What is the capital of France?', 'What is the capital of Spain?'],
  'small numbers': [1, 2],
  prices: [19.99, 24.5],
  'numbers as a text': ['10', '20'],
  'names of models': ['gpt-4o-mini', 'claude-3-5-sonnet'],
  versions: ['v1.2.3', 'v1.2.4'],
  'names with a number': ['environment-1', 'environment-2'],
  'media types': ['application/json', 'text/csv'],
  'addresses without a number': ['ada@example.com', 'grace@example.com'],
  'a uuid and a word': ['c56a4180-65aa-42ec-a945-5fd21dec0538', 'Ada'],
  'texts that differ besides the time': ['Sent at 2024-05-01T10:00:00Z.', 'Read at 2025-01-31T23:59:59Z.'],
  'a time as a number and as a text': [1700000000000, '1712345678901'],
  'true and false': [true, false],
  'nothing and something': [null, 'c56a4180-65aa-42ec-a945-5fd21dec0538'],
  'long texts': [`${'1f0c1a2e8a0b4b57'.repeat(100)}`, `${'9e107d9d372bb682'.repeat(100)}`],
};

for (const [title, [a, b]] of Object.entries(chosen)) {
  test(`${title} are not`, () => assert.is(areMadeUp(a, b), false));
}

test('a number and what is made up name one thing among many, words do not', () => {
  const segments = [
    '7',
    '0042',
    'c56a4180-65aa-42ec-a945-5fd21dec0538',
    'cus_NffrFeUfNV2Hib',
    'users',
    'v1',
    'ada',
    '',
  ];
  assert.equal(segments.filter(isId), segments.slice(0, 4));
});

test('a long text takes no long time', () => {
  for (const piece of ['0-', 'a+@', '1+', '2024-', 'a@a.', '.1', 'eyJ']) {
    const text = piece.repeat(500 / piece.length);
    assert.is(areMadeUp(text, `${text.slice(2)}x`), areMadeUp(`${text.slice(2)}x`, text));
  }
});

test.run();
