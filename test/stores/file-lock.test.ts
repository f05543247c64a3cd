import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { takeLockSync } from '../../src/stores/file-lock.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

const test = suite('The lock of a file');

const folder = tempFolder();
let files = 0;

function newFile(): string {
  const file = join(folder, `${++files}.json`);
  writeFileSync(file, '');
  return file;
}

test('is its holder’s again after a pause in which nobody wanted it', () => {
  const file = newFile();
  const held = takeLockSync(file);
  for (let pauses = 0; pauses < 3; pauses++) {
    assert.ok(held.pause());
    assert.ok(held.resume());
    assert.ok(held.held);
  }
  held.release();
  assert.not(existsSync(`${file}.lock`));
});

test('is not, where another one took it: while that one holds it, pauses, and when it is gone', () => {
  for (const ending of ['holds', 'pauses', 'released'] as const) {
    const file = newFile();
    const first = takeLockSync(file);
    assert.ok(first.pause());
    const second = takeLockSync(file);
    assert.is(second.left, undefined, 'nothing was left to do');
    if (ending === 'pauses') {
      assert.ok(second.pause());
    } else if (ending === 'released') {
      second.release();
    }
    assert.not(first.resume() && first.held, ending);
    first.leave();
    assert.is(existsSync(`${file}.lock`), ending !== 'released', 'it is not the first one’s to delete');
    if (ending === 'pauses') {
      assert.ok(second.resume(), 'what the first one wrote counts for nothing');
    }
    second.release();
  }
});

test('is released, and not kept for ever, when its file has grown', () => {
  const file = newFile();
  const held = takeLockSync(file);
  let pauses = 0;
  while (held.pause()) {
    assert.ok(held.resume({ size: pauses++, ino: '1' }));
    assert.ok(pauses < 10_000);
  }
  assert.ok(pauses > 100);
  held.release();
});

test.run();
