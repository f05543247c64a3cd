import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { type Api, installRunners, Project, startApi } from './project.js';

/** How a runner is run on a sample project. */
export interface RunnerCase {
  /** The sample's folder. */
  readonly sample: string;
  /** Node's arguments to run these test files. */
  command(...files: string[]): readonly string[];
  /** Other arguments to replay with, in other processes or realms. */
  readonly replays?: Readonly<Record<string, (file: string) => readonly string[]>>;
  /** Has the sample tests that run at once? */
  readonly concurrent: boolean;
  /** What stands behind a test file's name in that of its cassettes' folder. */
  readonly folderEnding?: string;
}

const LONG_NAME = `users ${'long '.repeat(100)}`.slice(0, 160);

/** What each integration does for its runner. */
export function testIntegration(
  name: string,
  { sample, command, replays, concurrent, folderEnding = '' }: RunnerCase,
): void {
  const test = suite(`interposition/${name}`);
  const missing = installRunners();
  const here = test.skipUnless(missing === undefined, missing ?? '');
  let project: Project;
  let api: Api;
  let env: Record<string, string>;
  let recorded: readonly string[];

  test.before(async () => {
    api = await startApi();
    env = { API: api.url };
  });
  test.after(() => api.close());

  here('each test is recorded into a cassette of its own, beside the test file', async () => {
    project = new Project(sample);
    const { code, output, seen } = await project.run(command('good.test.js', 'bad.test.js'), env);
    assert.is(code, 0, output);
    recorded = seen;
    const files = project.cassettes(`good.test.js${folderEnding}`);
    const [long, signs] = ['users long', 'users GET'].map((begin) =>
      files.find((file) => file.startsWith(begin)),
    );
    assert.match(long ?? '', new RegExp(`^${LONG_NAME.trim()} ?-[0-9a-f]{8}\\.json$`));
    assert.match(signs ?? '', /^users GET -users-\.\.-7- -dots\.\.-, -signs- and 🙂-[0-9a-f]{8}\.json$/u);
    const others = files.filter((file) => file !== long && file !== signs);
    const atOnce = ['one', 'three', 'two'].flatMap((one) => [
      join(`at once ${one}`, 'scope.json'),
      `at once ${one}.json`,
    ]);
    assert.equal(
      others,
      [
        ...(concurrent ? atOnce : []),
        join('users gets one', 'named.json'),
        join('users gets one', 'scope.json'),
        'users gets one.json',
        'users makes no request of its own.json',
      ].sort(),
    );
    assert.equal(project.cassettes(`bad.test.js${folderEnding}`), [
      'bad asks for something else.json',
      'bad makes something else of a MISS.json',
      'bad will be renamed.json',
      join('bad will be renamed', 'scope.json'),
    ]);
    assert.ok(project.cassettes('').includes('log-in.json'));
  });

  const inGood = (line: string) => !/"(?:else|renamed)"/.test(line);

  for (const [how, replay] of Object.entries({ '': command, ...replays })) {
    here(`each is replayed from its own, and nothing is sent${how && `: ${how}`}`, async () => {
      const before = api.requests;
      const { code, output, seen } = await project.run(replay('good.test.js'), { ...env, CI: '1' });
      assert.is(code, 0, output);
      assert.equal(seen, recorded.filter(inGood));
      assert.is(api.requests, before);
      assert.not.match(output, 'obsolete');
    });
  }

  here('a failure says what is wrong, and in CI nothing is recorded', async () => {
    const before = api.requests;
    const cassettes = project.cassettes(`bad.test.js${folderEnding}`);
    const { code, output, seen } = await project.run(command('bad.test.js'), {
      ...env,
      CI: '1',
      PHASE: 'bad',
    });
    assert.is.not(code, 0);
    for (const text of [
      'path[1]: recorded "7", got "8"',
      'The test then failed with: fetch failed',
      'path[1]: recorded "7", got "9"',
      'bad has no cassette.json: it does not exist',
      'To record it, run the test where CI is not set, or with INTERPOSITION_MODE=record',
      '"bad TWICE" and "bad twice" in',
      '2 cassettes are obsolete',
      join('bad will be renamed', 'scope.json'),
      'bad will be renamed.json',
    ]) {
      assert.ok(output.includes(text), `${text}\nis not in\n${output}`);
    }
    assert.equal(seen, ['{"refusal":"ERR_REQUEST_OUTSIDE_SCOPE"}']);
    assert.is(api.requests, before);
    assert.equal(project.cassettes(`bad.test.js${folderEnding}`), cassettes);
  });

  test.run();
}
