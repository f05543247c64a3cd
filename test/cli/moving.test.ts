import { cpSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { codeBlocks, readMarkdown } from '../support/markdown.js';
import { repoRoot } from '../support/paths.js';
import { Project } from '../support/project.js';
import { suite } from '../support/suite.js';

// Two suites of ten tests each, and their recordings. Nothing listens where the API was.
const SUITES = [
  { tool: 'nock', packages: ['nock'], recordings: 'before/nock-fixtures' },
  {
    tool: 'polly',
    packages: [
      '@pollyjs/core',
      '@pollyjs/adapter-fetch',
      '@pollyjs/adapter-node-http',
      '@pollyjs/persister-fs',
    ],
    recordings: 'before/recordings',
  },
];
const API_PORT = 41_910;

const test = suite('moving in');

for (const { tool, packages, recordings } of SUITES) {
  test(`a suite of ${tool} moves over by what the page says, and nothing is recorded again`, async () => {
    await isRefused(API_PORT);
    const project = new Project();
    try {
      cpSync(join(repoRoot, 'fixtures', 'moving', tool), project.folder, { recursive: true });
      project.link('axios', ...packages);
      const before = await runSuite(project, 'before');
      assert.is(before.passed, 10, before.output);

      const lines = commandsOfPage(recordings);
      // What npx does in a project where the package is installed, without its start.
      const imported = await project.run('sh', [
        '-ec',
        `npx() { name=$1; shift; "node_modules/.bin/$name" "$@"; }\n${lines}`,
      ]);
      assert.is(imported.code, 0, imported.stdout + imported.stderr);
      assert.is(readdirSync(project.path('__cassettes__')).length, 10);

      rmSync(project.path('before'), { recursive: true });
      for (const name of packages) {
        rmSync(project.path('node_modules', name));
      }
      const cassettes = contents(project);
      const after = await runSuite(project, 'after');
      assert.is(after.passed, 10, after.output);
      assert.equal(contents(project), cassettes);
    } finally {
      project.remove();
    }
  });
}

async function runSuite(project: Project, folder: string): Promise<{ passed: number; output: string }> {
  const file = project.path(folder, 'api.test.mjs');
  const { stdout, stderr } = await project.run(process.execPath, ['--test', '--test-reporter=tap', file]);
  return { passed: Number(/^# pass (\d+)$/m.exec(stdout)?.[1]), output: stdout + stderr };
}

/** The block of the page that reads these recordings. */
function commandsOfPage(recordings: string): string {
  const blocks = codeBlocks(readMarkdown('docs/moving-in.md'));
  const found = blocks.filter(({ language, code }) => language === 'sh' && code.includes(recordings));
  assert.is(found.length, 1);
  return found[0]?.code ?? '';
}

function contents(project: Project): string[] {
  return readdirSync(project.path('__cassettes__'))
    .sort()
    .map((file) => `${file} ${project.read(join('__cassettes__', file))}`);
}

function isRefused(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => resolve());
    socket.on('connect', () => {
      socket.destroy();
      reject(new Error(`something listens on ${port}`));
    });
  });
}

test.run();
