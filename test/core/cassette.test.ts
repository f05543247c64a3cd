import * as assert from 'uvu/assert';
import { Cassette, fingerprint, type Interaction } from '../../src/index.js';
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

test.run();
