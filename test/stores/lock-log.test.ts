import * as assert from 'uvu/assert';
import { type Committed, lines, readLog } from '../../src/stores/lock-log.js';
import { suite } from '../support/suite.js';

const test = suite('What a lock file says');

const [A, B, C] = ['11.0.aa.1@host', '12.0.bb.1@host', '13.0.cc.1@host'] as const;
const AT: Committed = { size: 700, ino: '42' };

interface Row {
  readonly what: string;
  readonly text: string;
  readonly holder?: string;
  readonly isFree?: boolean;
  readonly committed?: Committed;
}

const ROWS: readonly Row[] = [
  { what: 'nothing yet', text: '', holder: '' },
  { what: 'a name that is cut off', text: A, holder: '' },
  { what: 'who made it', text: `${A}\n` },
  { what: 'an append', text: `${A}\n${lines.note(0, AT)}`, committed: AT },
  {
    what: 'the second of two appends',
    text: `${A}\n${lines.note(0, { size: 7, ino: '1' })}${lines.note(0, AT)}`,
    committed: AT,
  },
  { what: 'a pause', text: `${A}\n${lines.note(0, AT)}${lines.free(0)}`, isFree: true },
  {
    what: 'the end of a pause',
    text: `${A}\n${lines.note(0, AT)}${lines.free(0)}${lines.busy(0, undefined)}`,
  },
  { what: 'an append after a pause', text: `${A}\n${lines.free(0)}${lines.busy(0, AT)}`, committed: AT },
  { what: 'another holder', text: `${A}\n${lines.free(0)}${lines.take(1, B)}`, holder: B },
  {
    what: 'the first of two who want it',
    text: `${A}\n${lines.free(0)}${lines.take(1, B)}${lines.take(1, C)}`,
    holder: B,
  },
  { what: 'the holder, where it was not free', text: `${A}\n${lines.take(1, B)}` },
  {
    what: 'the holder, who came before one who wanted it',
    text: `${A}\n${lines.free(0)}${lines.busy(0, AT)}${lines.take(1, B)}`,
    committed: AT,
  },
  {
    what: 'the new holder, where the old one comes too late',
    text: `${A}\n${lines.free(0)}${lines.take(1, B)}${lines.busy(0, AT)}${lines.free(0)}`,
    holder: B,
  },
  {
    what: 'the third, where the second paused',
    text: `${A}\n${lines.free(0)}${lines.take(1, B)}${lines.note(1, AT)}${lines.free(1)}${lines.take(2, C)}`,
    holder: C,
  },
  {
    what: 'no line that is cut off',
    text: `${A}\n${lines.free(0)}${lines.take(1, B).slice(0, -4)}`,
    isFree: true,
  },
  {
    what: 'no line that stands behind one that was cut off',
    text: `${A}\n${lines.free(0)}${lines.take(1, B).slice(0, -4)}${lines.take(1, C)}`,
    isFree: true,
  },
];

for (const { what, text, holder = A, isFree = false, committed } of ROWS) {
  test(what, () => {
    const log = readLog(text);
    assert.equal(
      { holder: log.holder, isFree: log.isFree, committed: log.committed },
      { holder, isFree, committed },
    );
  });
}

test.run();
