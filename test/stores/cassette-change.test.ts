import * as assert from 'uvu/assert';
import { Cassette } from '../../src/index.js';
import { applied, blockOf, changeTo } from '../../src/stores/cassette-change.js';
import { cassetteOf, named, namesIn } from '../support/interactions.js';
import { suite } from '../support/suite.js';

const test = suite('A change of a cassette, applied to what a file holds');

type Names = readonly string[];
type Row = readonly [what: string, before: Names, after: Names, now: Names, expected: Names];

const NOBODY_ELSE: readonly (readonly [what: string, before: Names, after: Names])[] = [
  ['nothing', ['a'], ['a']],
  ['an addition', ['a'], ['a', 'b']],
  ['an addition of what is there', ['a'], ['a', 'a']],
  ['a removal', ['a', 'b', 'c'], ['a', 'c']],
  ['a removal of one of two', ['a', 'b', 'a'], ['a', 'b']],
  ['an addition in front', ['a', 'b'], ['x', 'a', 'b']],
  ['another order', ['a', 'b', 'c'], ['c', 'a', 'b']],
  ['something else', ['a', 'b'], ['x', 'y', 'z']],
  ['everything', ['a', 'b'], []],
];

const ROWS: readonly Row[] = [
  ...NOBODY_ELSE.map(([what, before, after]) => [what, before, after, before, after] as const),
  ['an addition where others added', ['a'], ['a', 'b'], ['a', 'x'], ['a', 'x', 'b']],
  ['an addition that others made, too', ['a'], ['a', 'b'], ['a', 'b'], ['a', 'b']],
  ['two equal ones, of which others made one', ['a'], ['a', 'b', 'b'], ['a', 'b'], ['a', 'b', 'b']],
  ['what was there, once more, where others did so', ['a'], ['a', 'a'], ['a', 'a'], ['a', 'a']],
  ['an addition where others removed', ['a', 'b'], ['a', 'b', 'c'], ['b'], ['b', 'c']],
  ['a removal of what others removed', ['a', 'b'], ['a'], ['a'], ['a']],
  ['a removal where others added', ['a', 'b'], ['b'], ['a', 'b', 'x'], ['b', 'x']],
  ['an addition where all is gone', ['a', 'b'], ['a', 'b', 'c'], [], ['c']],
];

for (const [what, before, after, now, expected] of ROWS) {
  for (const [form, cassettes] of [
    ['of new objects', () => [cassetteOf(...before), cassetteOf(...after)] as const],
    ['of the same objects', () => shared(before, after)],
  ] as const) {
    test(`${what}, ${form}: [${before}] to [${after}] on [${now}]`, () => {
      const [from, to] = cassettes();
      const { kept, added } = applied(changeTo(to, from), now.map(named).map(blockOf));
      const result = [...kept, ...added].map(({ interaction }) => interaction);
      assert.equal(namesIn(new Cassette(result)), expected);
    });
  }
}

/** Two cassettes that share each interaction that both have. */
function shared(before: Names, after: Names): readonly [Cassette, Cassette] {
  const made = new Map([...before, ...after].map((name) => [name, named(name)]));
  const of = (names: Names) => new Cassette(names.flatMap((name) => made.get(name) ?? []));
  return [of(before), of(after)];
}

test.run();
