import * as assert from 'uvu/assert';
import { CassetteLoadError, CassetteSaveError } from '../../src/index.js';
import { suite } from '../support/suite.js';

const test = suite('an error of a store whose cause is a sentence');

for (const Failure of [CassetteLoadError, CassetteSaveError]) {
  test(`is one, too: ${Failure.name}`, () => {
    const cause = new Error('The disk is gone.');
    assert.match(new Failure('a.json', { cause }).message, /: The disk is gone\.$/);
    assert.match(new Failure('a.json', { cause, hint: 'Find it.' }).message, /gone\. Find it\.$/);
  });
}

test.run();
