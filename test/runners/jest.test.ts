import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { testIntegration } from './integration.js';
import { installRunners, Project, startApi } from './project.js';

// The flag is for the sample's ES modules, and not for the integration.
const jest = (...args: string[]) => ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', ...args];

testIntegration('jest', { sample: 'jest', command: jest, concurrent: true });

const test = suite('interposition/jest, and a runner that starts concurrent tests early');
const missing = installRunners();

test.skipUnless(missing === undefined, missing ?? '')(
  'a concurrent test fails with the reason, and its request is nobody’s; other tests are as they were',
  async () => {
    const api = await startApi();
    const project = new Project('jest-early');
    const { code, output, seen } = await project.run(jest('--verbose'), { API: api.url });
    assert.is.not(code, 0);
    assert.match(output, /● at once\s+InvalidOptionError: Invalid test\.concurrent: .*nobody can tell/);
    assert.match(output, /✓ alone/);
    assert.equal(seen, ['{"test":"alone","path":"/users/7","count":1}']);
    assert.equal(project.cassettes(''), [join('early.test.js', 'alone.json')]);
    assert.is(api.requests, 1);
    await api.close();
  },
);

test.run();
