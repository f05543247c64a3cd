import * as vitest from 'vitest';
import { InvalidOptionError } from '../core/errors.js';
import type { ScopeOptions } from '../open-cassette.js';
import { endReport } from '../report-file.js';
import { TestCassettes } from './test-cassettes.js';

/**
 * Gives each test of a Vitest run a cassette of its own, those under `test.concurrent` too. To be called in a setup file:
 * `test: { setupFiles: ['./cassettes.js'] }`.
 *
 * @param options Those of a scope. Where left out, `outside` is `'error'`, and `passthrough` is `['loopback']`.
 * @throws InvalidOptionError for an option that cannot be used, and under a Vitest before 4.1.
 */
export function useCassettes(options: ScopeOptions = {}): void {
  // By name an import of what an older Vitest has not would be a syntax error.
  const { afterAll, aroundEach } = vitest as Pick<typeof vitest, 'afterAll'> & Partial<typeof vitest>;
  if (aroundEach === undefined) {
    throw new InvalidOptionError(
      'interposition/vitest',
      'it needs Vitest 4.1 or newer, which has aroundEach(). Run: npm install --save-dev vitest@latest',
    );
  }
  const cassettes = new TestCassettes(options);

  aroundEach(async (runTest, { task }) => {
    const scope = await cassettes.open({ file: task.file.filepath, name: fullName(task), id: task.id });
    try {
      await scope.run(runTest);
      for (const error of task.result?.errors ?? []) {
        scope.explained(error);
      }
    } finally {
      await scope.close();
    }
  }, NO_LIMIT);

  // biome-ignore lint/correctness/noEmptyPattern: Vitest takes no other pattern there
  afterAll(({}, { file }) => {
    cassettes.reportObsolete(file.filepath, namesOf(file.tasks));
    // Vitest ends its workers before they exit.
    endReport();
  });
}

// How long a scope waits is bounded by its options: `hookTimeout` would lose what is still being recorded.
const NO_LIMIT = 0;

interface Task {
  readonly name: string;
  readonly suite?: Task | undefined;
  readonly tasks?: readonly Task[];
}

function fullName({ name, suite }: Task): string {
  return suite === undefined || suite.name === '' ? name : `${fullName(suite)} ${name}`;
}

function* namesOf(tasks: readonly Task[]): Generator<string> {
  for (const task of tasks) {
    if (task.tasks === undefined) {
      yield fullName(task);
    } else {
      yield* namesOf(task.tasks);
    }
  }
}
