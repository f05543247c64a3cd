import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { isOnLocalDisk } from '../../src/stores/local-disk.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

const test = suite('Whether a file lies on a disk of this machine');

const knowsDisks = test.skipUnless(
  ['linux', 'win32', 'darwin'].includes(process.platform),
  'the names of its file systems are not known here',
);

knowsDisks('is true of the folder of temporary files', () => {
  assert.ok(isOnLocalDisk(tempFolder()));
});

const hasProc = test.skipUnless(existsSync('/proc/self/status'), 'there is no /proc here');

hasProc('is false of a file system that is not known to be one', () => {
  assert.not(isOnLocalDisk('/proc/self/status'));
});

test('is false of a file that is not there, and of a path to another machine', () => {
  assert.not(isOnLocalDisk(join(tempFolder(), 'nothing')));
  assert.not(isOnLocalDisk('\\\\server\\folder\\file.json'));
});

test.run();
