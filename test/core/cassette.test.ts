import * as assert from 'uvu/assert';
import { Cassette, fingerprint, type Interaction } from '../../src/index.js';
import { ArraySource } from '../support/array-source.js';
import { suite } from '../support/suite.js';
import { cassetteOf, interaction, request, text } from './harness.js';

const test = suite('cassette');

const job = request();
const other = request({ target: 'https://api.example.com/other' });

function answerOf(found: Interaction | undefined): string | undefined {
  return found && text(found.responseChunks[0]?.data ?? new Uint8Array());
}

function found(cassette: Cassette, asked = job): string | undefined {
  return answerOf(cassette.find(fingerprint(asked)));
}

test('an empty one has nothing', () => {
  const empty = new Cassette();
  assert.is(empty.size, 0);
  assert.equal(empty.interactions, []);
  assert.is(found(empty), undefined);
});

test('keeps its interactions in their order, from any iterable', () => {
  const list = [interaction(job, ['1']), interaction(other, ['2']), interaction(job, ['3'])];
  const cassette = new Cassette(new Set(list));
  assert.is(cassette.size, 3);
  assert.equal(cassette.interactions.map(answerOf), ['1', '2', '3']);
  assert.is(cassette.interactions[1], list[1]);
});

test('does not follow later changes of the list it was made from', () => {
  const list = [interaction(job, ['1'])];
  const cassette = new Cassette(list);
  list.push(interaction(other, ['2']));
  assert.is(cassette.size, 1);
  assert.is(found(cassette, other), undefined);
});

test('its list of interactions cannot be changed', () => {
  const cassette = cassetteOf(interaction(job, ['1']));
  const list = cassette.interactions as Interaction[];
  assert.throws(() => list.push(interaction(other, ['2'])), TypeError);
  assert.throws(() => list.pop(), TypeError);
  assert.is(cassette.size, 1);
  assert.is(cassette.append(interaction(other, ['2'])).interactions.length, 2);
});

test('append gives a new one and leaves the old one as it was', () => {
  const v0 = new Cassette();
  const v1 = v0.append(interaction(job, ['1']));
  const v2 = v1.append(interaction(other, ['2']));
  const v3 = v2.append(interaction(job, ['3']));
  assert.equal(
    [v0, v1, v2, v3].map((version) => version.interactions.map(answerOf)),
    [[], ['1'], ['1', '2'], ['1', '2', '3']],
  );
  assert.equal(
    [v0, v1, v2, v3].map((version) => version.size),
    [0, 1, 2, 3],
  );
  assert.equal(
    [v0, v1, v2, v3].map((version) => found(version, other)),
    [undefined, undefined, '2', '2'],
  );
});

test('an older version does not find what was appended to a newer one', () => {
  const v1 = cassetteOf(interaction(job, ['old'], [['ended', 'truncated']]));
  const v2 = v1.append(interaction(job, ['whole']));
  const v3 = v2.append(interaction(job, ['newer session'], [['session', '2']]));
  assert.equal(
    [v1, v2, v3].map((version) => found(version)),
    ['old', 'whole', 'newer session'],
  );
});

test('two appends to one version give two branches that do not see each other', () => {
  const base = cassetteOf(interaction(job, ['base']));
  const left = base.append(interaction(other, ['left']));
  const right = base.append(interaction(other, ['right']));
  const leftMore = left.append(interaction(other, ['left 2']));
  const rightMore = right.append(interaction(other, ['right 2']));
  assert.equal(base.interactions.map(answerOf), ['base']);
  assert.equal(leftMore.interactions.map(answerOf), ['base', 'left', 'left 2']);
  assert.equal(rightMore.interactions.map(answerOf), ['base', 'right', 'right 2']);
  assert.is(found(left, other), 'left');
  assert.is(found(right, other), 'right');
  assert.is(found(base, other), undefined);
});

const FIND: readonly (readonly [
  name: string,
  recordings: readonly (readonly [answer: string, session: string, ended: 'whole' | 'truncated'])[],
  expected: string,
])[] = [
  [
    'the first of several',
    [
      ['1', '', 'whole'],
      ['2', '', 'whole'],
    ],
    '1',
  ],
  [
    'a whole one before a truncated one',
    [
      ['1', 's', 'truncated'],
      ['2', 's', 'whole'],
      ['3', 's', 'whole'],
    ],
    '2',
  ],
  [
    'the first truncated one, where there is no whole one',
    [
      ['1', 's', 'truncated'],
      ['2', 's', 'truncated'],
    ],
    '1',
  ],
  [
    'the session that was recorded last',
    [
      ['1', 'a', 'whole'],
      ['2', 'b', 'whole'],
      ['3', 'b', 'whole'],
    ],
    '2',
  ],
  [
    'a named session before an unnamed one',
    [
      ['1', '', 'whole'],
      ['2', 'b', 'whole'],
    ],
    '2',
  ],
];

for (const [name, recordings, expected] of FIND) {
  test(`finds ${name}`, () => {
    const cassette = new Cassette(
      recordings.map(([answer, session, ended]) =>
        interaction(
          job,
          [answer],
          [
            ['session', session],
            ['ended', ended],
          ],
        ),
      ),
    );
    assert.is(found(cassette), expected);
  });
}

test('50,000 appends: every version is intact', () => {
  const total = 50_000;
  const kept: Cassette[] = [];
  let cassette = new Cassette();
  for (let n = 0; n < total; n++) {
    if (n % 5000 === 0) {
      kept.push(cassette);
    }
    cassette = cassette.append(interaction(request({ target: `/${n}` }), [String(n)]));
  }
  kept.push(cassette);
  for (const [index, version] of kept.entries()) {
    const size = index * 5000;
    assert.is(version.size, size);
    assert.is(version.interactions.length, size);
    assert.is(found(version, request({ target: `/${size - 1}` })), size === 0 ? undefined : String(size - 1));
    assert.is(found(version, request({ target: `/${size}` })), undefined);
  }
});

test('the versions of 50,000 appends are kept without a copy of each', () => {
  const one = interaction(job, ['1']);
  const versions: Cassette[] = [new Cassette()];
  for (let n = 0; n < 50_000; n++) {
    versions.push((versions.at(-1) as Cassette).append(one));
  }
  assert.ok(versions.every((version, index) => version.size === index));
});

test('knows what was appended to an earlier version of it', () => {
  const v0 = cassetteOf(interaction(job, ['1']));
  const v1 = v0.append(interaction(other, ['2']));
  const v2 = v1.append(interaction(job, ['3']));
  const since = (cassette: Cassette, earlier: Cassette) => cassette.since(earlier)?.map(answerOf);
  assert.equal(since(v2, v0), ['2', '3']);
  assert.equal(since(v2, v1), ['3']);
  assert.equal(since(v2, v2), []);
  assert.equal(since(v1, v0), ['2'], 'not what came later');
  assert.equal(since(v2, new Cassette()), ['1', '2', '3'], 'all of it was appended to nothing');
});

test('knows nothing since a cassette that it was not appended to', () => {
  const v0 = cassetteOf(interaction(job, ['1']));
  const one = v0.append(interaction(other, ['2']));
  const branch = v0.append(interaction(other, ['3']));
  assert.is(v0.since(one), undefined, 'a shorter one');
  assert.is(branch.since(one), undefined, 'another branch');
  assert.is(new Cassette(one.interactions).since(v0), undefined, 'a copy');
});

const targetsIn = (cassette: Cassette) => cassette.interactions.map(({ request: { target } }) => target);
const at = (...targets: string[]) => targets.map((target) => interaction(request({ target }), [target]));

test('without some places it has the others, in their order, and so has what is appended', () => {
  const whole = new Cassette(at('a', 'b', 'c', 'd'));
  const some = whole.without([1, 3]);
  assert.equal(targetsIn(some), ['a', 'c']);
  assert.is(some.size, 2);
  assert.equal(targetsIn(some.append(at('e')[0] as Interaction)), ['a', 'c', 'e']);
  assert.equal(targetsIn(some.without([4, 0])), ['c']);
  assert.equal(targetsIn(whole), ['a', 'b', 'c', 'd']);
  assert.is(found(some, request({ target: 'b' })), undefined);
  assert.is(found(some, request({ target: 'c' })), 'c');
  assert.is(some.without([1]), some, 'where nothing goes, it is the same');
});

test('knows what was taken out and appended since an earlier version, and nothing where something came back', () => {
  const v0 = new Cassette(at('a', 'b', 'c'));
  const v1 = v0.append(at('d')[0] as Interaction).without([1]);
  const v2 = v1.append(at('e')[0] as Interaction).without([3, 0]);
  const change = (one: Cassette, earlier: Cassette) => {
    const changed = one.changeSince(earlier);
    return changed && [changed.removed, changed.added.map(answerOf)];
  };
  assert.equal(change(v1, v0), [[1], ['d']]);
  assert.equal(change(v2, v1), [[0, 3], ['e']]);
  assert.equal(change(v2, v0), [[0, 1], ['e']], 'what came and went is no change');
  assert.equal(change(v2, new Cassette()), [[], ['c', 'e']]);
  assert.is(change(v0, v1), undefined);
  assert.is(change(new Cassette(v1.interactions), v0), undefined);
  assert.is(v1.since(v0), undefined, 'something was taken out');
  assert.equal(v2.since(v2.without([])), []);
});

// One that stands elsewhere.

test('on a source it has what that has, and behind it what was appended', () => {
  const source = new ArraySource(at('a', 'b', 'a'));
  const cassette = Cassette.on(source);
  assert.is(cassette.size, 3);
  const grown = cassette.append(at('c')[0] as Interaction);
  assert.is(grown.size, 4);
  assert.equal(grown.since(cassette)?.map(answerOf), ['c']);
  assert.is(source.given.size, 0, 'nothing was read so far');
  assert.is(found(grown, request({ target: 'b' })), 'b');
  assert.is(found(grown, request({ target: 'c' })), 'c');
  assert.is(found(cassette, request({ target: 'c' })), undefined);
  assert.is(source.given.size, 1);
  assert.equal(targetsIn(grown), ['a', 'b', 'a', 'c']);
  assert.equal(targetsIn(cassette), ['a', 'b', 'a']);
});

test('on a source it can do without some of it, and tells so without reading it', () => {
  const source = new ArraySource(at('a', 'b', 'c'));
  const places = source.all().map(({ place }) => place);
  source.given.clear();
  const cassette = Cassette.on(source);
  const some = cassette.append(at('d')[0] as Interaction).without(places.slice(0, 2));
  assert.is(some.size, 2);
  assert.equal(some.changeSince(cassette)?.removed, places.slice(0, 2));
  assert.equal(some.changeSince(cassette)?.added.map(answerOf), ['d']);
  assert.is(source.given.size, 0);
  assert.equal(targetsIn(some), ['c', 'd']);
  assert.is(found(some, request({ target: 'a' })), undefined);
});

test('two appends to a version on a source are two branches', () => {
  const base = Cassette.on(new ArraySource(at('a')));
  const [left, right] = at('b', 'c').map((one) => base.append(one)) as [Cassette, Cassette];
  assert.equal([left, right, base].map(targetsIn), [['a', 'b'], ['a', 'c'], ['a']]);
  assert.is(found(right, request({ target: 'b' })), undefined);
});

test.run();
