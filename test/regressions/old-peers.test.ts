import * as assert from 'uvu/assert';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';

const test = suite('a project with a test runner that is too old');
const project = new Project();
test.after(() => project.remove());

project.write(
  'node_modules/vitest/package.json',
  '{ "name": "vitest", "version": "3.2.4", "type": "module", "main": "index.js" }',
);
project.write('node_modules/vitest/index.js', 'export const afterAll = () => {};');
project.write(
  'node_modules/jest-environment-node/package.json',
  '{ "name": "jest-environment-node", "version": "27.5.1", "main": "index.js" }',
);
project.write('node_modules/jest-environment-node/index.js', 'exports.TestEnvironment = class {};');

for (const [runner, use, message] of [
  ['vitest', 'useCassettes()', /interposition\/vitest: it needs Vitest 4\.1 or newer/],
  [
    'jest',
    "new cassettes.default({ testEnvironmentOptions: {} }, { testPath: '/a' })",
    /interposition\/jest: it needs Jest 28 or newer/,
  ],
] as const) {
  test(`${runner}: its integration says which one it needs`, async () => {
    project.write(
      `${runner}.mjs`,
      `import * as cassettes from 'interposition/${runner}';\nconst { useCassettes } = cassettes;\n${use};\n`,
    );
    const { code, stderr } = await project.run(process.execPath, [`${runner}.mjs`]);
    assert.is(code, 1);
    assert.match(stderr, message);
  });
}

test.run();
