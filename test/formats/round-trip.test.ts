import * as assert from 'uvu/assert';
import { bodyBytes, bodyForm } from '../../src/formats/body-form.js';
import { printCassette, printInteraction } from '../../src/formats/cassette-json.js';
import { prettyJson } from '../../src/formats/pretty-json.js';
import type { HeaderPair, Interaction } from '../../src/index.js';
import { assertFitsSchema } from '../support/cassette-schema.js';
import { assertSameInteractions, interaction } from '../support/interactions.js';
import { parseCassette } from '../support/parsed.js';
import { type SeededRandom, seededRandom, seedOfRun } from '../support/seeded-random.js';
import { suite } from '../support/suite.js';

const test = suite('round trips of generated input');
const seed = seedOfRun();
const again = `to see it again: TEST_SEED=${seed}`;

const SCRAPS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  ',',
  ':',
  '\n',
  '\r\n',
  '\r',
  '\t',
  ' ',
  '\0',
  '\u001b',
  '\u007f',
  '\u0085',
  '\u2028',
  '\ufeff',
  '\ufffd',
  '\uffff',
  '\ud83d\ude42',
  'é',
  '漢',
  'e\u0301',
  'a',
  'null',
  'true',
  '0',
  '1.0',
  '1e3',
  '-0',
  '\\u00e9',
  '\\ud800',
  '__proto__',
  'constructor',
  '<<<<<<< HEAD\n',
  '>>>>>>> b\n',
  '"json"',
  '</script>',
];
const KEYS = [
  'a',
  'b',
  '1',
  '2',
  '10',
  '01',
  '',
  '__proto__',
  'constructor',
  'toJSON',
  'json',
  'é',
  '"',
  '\u2028',
];
const NUMBERS = [0, 1, -1, 0.1, 1e21, 1e-7, 5e-324, 2 ** 53, 1.7976931348623157e308, 123456.789];

const TYPES = [
  'application/json',
  'text/plain; charset=latin1',
  'text/plain; charset=utf-16',
  'application/x-www-form-urlencoded',
  'multipart/mixed; boundary=B',
];

function scraps(random: SeededRandom, most: number): string {
  return Array.from({ length: random.below(most) }, () => random.oneOf(SCRAPS)).join('');
}

function json(random: SeededRandom, depth: number): unknown {
  const kind = random.below(depth > 0 ? 7 : 4);
  if (kind === 0) {
    return random.oneOf([null, true, false]);
  }
  if (kind === 1) {
    return random.oneOf(NUMBERS);
  }
  if (kind <= 3) {
    return scraps(random, 6);
  }
  const length = random.below(5);
  return kind === 4
    ? Array.from({ length }, () => json(random, depth - 1))
    : Object.fromEntries(Array.from({ length }, () => [random.oneOf(KEYS), json(random, depth - 1)]));
}

function body(random: SeededRandom): Uint8Array {
  const value = () => json(random, 4);
  const text = random.oneOf([
    () => '',
    () => scraps(random, 30),
    () => JSON.stringify(value()),
    () => JSON.stringify(value(), null, random.oneOf(['  ', '    ', '\t', ' '])),
    () => `${JSON.stringify(value(), null, 2)}\n`,
    () => JSON.stringify(value()).replaceAll(',', ', ').replaceAll(':', ': '),
    () => JSON.stringify(value()).slice(0, -1),
    () => `${JSON.stringify(value())}\n${JSON.stringify(value())}\n`,
    () => new URLSearchParams([[scraps(random, 3), scraps(random, 5)]]).toString(),
    () => `--B\r\na: ${random.oneOf(['b', ''])}\r\n\r\n${scraps(random, 20)}\r\n--B--\r\n`,
  ])();
  const encoded = new TextEncoder().encode(text);
  if (random.below(4) > 0) {
    return encoded;
  }
  const noise = random.bytes(random.below(40));
  const cut = random.below(encoded.byteLength + 1);
  return Uint8Array.from([...encoded.subarray(0, cut), ...noise, ...encoded.subarray(cut)]);
}

function pairs(random: SeededRandom): HeaderPair[] {
  return Array.from({ length: random.below(4) }, () => [scraps(random, 3), scraps(random, 5)] as const);
}

function generated(random: SeededRandom): Interaction {
  const whole = body(random);
  const answer: Uint8Array[] = [];
  for (let offset = 0; ; ) {
    const length = random.below(2) === 0 ? whole.byteLength - offset : random.below(8);
    answer.push(whole.slice(offset, offset + length));
    offset += length;
    if (offset >= whole.byteLength) {
      break;
    }
  }
  return interaction({
    protocol: random.oneOf(['http', 'mqtt', '']),
    action: scraps(random, 3),
    target: scraps(random, 6),
    headers: pairs(random),
    body: body(random),
    head: pairs(random),
    answer,
    ...(answer.length > 1 && { trailers: pairs(random) }),
    metadata: pairs(random),
  });
}

test('bodies come back byte for byte, through text on disk', () => {
  const random = seededRandom(seed);
  const forms = { json: 0, text: 0, base64: 0, form: 0, boundary: 0 };
  for (let run = 0; run < 5000; run++) {
    const contentType = random.oneOf(TYPES);
    const given = body(random);
    const form = bodyForm(given, contentType);
    const read = bodyBytes(JSON.parse(prettyJson(form)));
    assert.is(Buffer.compare(read, given), 0, `${JSON.stringify(form)}; ${again}`);
    forms[Object.keys(form)[0] as keyof typeof forms]++;
  }
  for (const [form, count] of Object.entries(forms)) {
    assert.ok(count > 30, `only ${count} of the bodies were ${form}; ${again}`);
  }
});

test('interactions come back field for field', () => {
  const random = seededRandom(seed);
  for (let run = 0; run < 300; run++) {
    const interactions = Array.from({ length: 1 + random.below(4) }, () => generated(random));
    const text = printCassette(interactions.map(printInteraction));
    assertFitsSchema(text, again);
    assertSameInteractions(parseCassette(text, 'some.json'), interactions, again);
    assert.is(printCassette(parseCassette(text, 'some.json').map(printInteraction)), text, again);
  }
});

test('the pretty printer says what JSON.stringify says', () => {
  const random = seededRandom(seed);
  for (let run = 0; run < 2000; run++) {
    const value = json(random, 5);
    assert.is(JSON.stringify(JSON.parse(prettyJson(value))), JSON.stringify(value), again);
  }
});

test.run();
