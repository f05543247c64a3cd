import * as assert from 'uvu/assert';
import { appendedBlocks, FOOTER, splitBlocks } from '../../src/formats/cassette-blocks.js';
import { blocksOf, parseFile, printCassette, printInteraction } from '../../src/formats/cassette-json.js';
import { SHAPES } from '../contract/interaction-shapes.js';
import { interaction } from '../support/interactions.js';
import { suite } from '../support/suite.js';

const test = suite('the blocks of a cassette file');

const blocks = SHAPES.map(([, shape]) => printInteraction(shape));
const tricky = interaction({ answer: '    },\n    {\n  ]\n}\n' });

test('are what was joined, whatever stands in them', () => {
  const all = [...blocks, printInteraction(tricky)];
  assert.equal(splitBlocks(all.join(',\n')), all);
  assert.equal(blocksOf(printCassette(all)), all);
  assert.equal(appendedBlocks(`,\n${all.join(',\n')}${FOOTER}`), all);
});

const one = printInteraction(tricky);
const OTHERS: readonly [what: string, text: string][] = [
  ['nothing', ''],
  ['half a block', one.slice(0, one.length / 2)],
  ['a block and a half', `${one},\n${one.slice(0, one.length / 2)}`],
  ['a separator without a block', `${one},\n`],
  ['two blocks without a separator', `${one}\n${one}`],
  ['blocks with CRLF', `${one},\n${one}`.replaceAll('\n', '\r\n').replace('{', '[')],
];

for (const [what, text] of OTHERS) {
  test(`are not found in ${what}`, () => {
    assert.is(splitBlocks(text), undefined);
    assert.is(appendedBlocks(`,\n${text}${FOOTER}`), undefined);
  });
}

test('an append that is not whole has none', () => {
  const whole = `,\n${one}${FOOTER}`;
  for (let length = 0; length < whole.length; length++) {
    assert.is(appendedBlocks(whole.slice(0, length)), undefined, `of ${length} characters`);
  }
});

const whole = printCassette([one]);
const GROWABLE: readonly [what: string, text: string, growable: boolean][] = [
  ['as it is printed', whole, true],
  ['with another beginning', whole.replace('{\n  "interposition": 1,\n', '{"interposition":1,'), true],
  ['without an interaction', printCassette([]), false],
  ['without an interaction, over two lines', printCassette([]).replace('[]', '[\n  ]'), false],
  ['with the version behind', `{\n  "interactions": [\n${one}\n  ], "interposition": 1\n}\n`, false],
  ['with another list behind', `${whole.slice(0, -3)},\n  "more": [\n    1${FOOTER}`, false],
  ['with a list of a number behind', `${whole.slice(0, -3)},\n  "1": [\n    1${FOOTER}`, false],
  ['with a line feed more', `${whole}\n`, false],
];

for (const [what, text, growable] of GROWABLE) {
  test(`a file ${what} ${growable ? 'may' : 'may not'} be appended to`, () => {
    assert.is(parseFile(text, 'some.json').growable, growable);
  });
}

test.run();
