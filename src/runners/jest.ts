import { TestEnvironment } from 'jest-environment-node';
import { InvalidOptionError } from '../core/errors.js';
import type { ScopeOptions } from '../open-cassette.js';
import { TestCassettes, type TestScope } from './test-cassettes.js';

/** The class of a test environment of Jest's. */
export type JestEnvironmentClass = new (config: never, context: never) => object;

type TestFunction = (this: unknown, ...args: unknown[]) => unknown;

interface Hook {
  readonly type: string;
  fn: TestFunction;
}

interface Block {
  readonly type: 'describeBlock';
  readonly name: string;
  readonly parent?: Block;
  readonly children: readonly (Block | Test)[];
  readonly hooks: readonly Hook[];
}

interface Test {
  readonly type: 'test';
  readonly name: string;
  readonly parent: Block;
  readonly concurrent?: boolean;
  fn?: TestFunction;
  readonly errors: unknown[];
}

interface State {
  readonly rootDescribeBlock: Block;
}

interface Event {
  readonly name: string;
  readonly test: Test;
}

/**
 * A test environment that gives each test a cassette of its own, made of another one. It runs outside the sandbox, so the
 * tests need no import, and no transform of this library.
 *
 * @param Environment The class to extend, such as that of `jest-environment-jsdom`.
 * @param options Those of a scope; `testEnvironmentOptions.interposition` in Jest's configuration wins, option by option.
 * Where neither has them, `outside` is `'error'`, and `passthrough` is `['loopback']`.
 */
export function withCassettes<Base extends JestEnvironmentClass>(
  Environment: Base,
  options: ScopeOptions = {},
): Base {
  const made = class CassetteEnvironment extends (Environment as unknown as AnyEnvironment) {
    readonly #tests: JestTests;

    constructor(config: JestConfig, context: { readonly testPath: string }) {
      super(config, context);
      if (config.projectConfig === undefined) {
        throw new InvalidOptionError(
          'interposition/jest',
          'it needs Jest 28 or newer. Run: npm install --save-dev jest@latest jest-environment-node@latest',
        );
      }
      const configured = config.projectConfig.testEnvironmentOptions.interposition;
      this.#tests = new JestTests(context.testPath, new TestCassettes({ ...options, ...configured }));
    }

    override async handleTestEvent(event: Event, state: State): Promise<void> {
      await super.handleTestEvent?.(event, state);
      await this.#tests.follow(event, state);
    }
  };
  return made as unknown as Base;
}

/** The environment `node` with a cassette for each test. Jest asks for a default export. */
const NodeEnvironmentWithCassettes: JestEnvironmentClass = withCassettes(TestEnvironment);
export default NodeEnvironmentWithCassettes;

interface JestConfig {
  /** Since Jest 28. */
  readonly projectConfig?: { readonly testEnvironmentOptions: { readonly interposition?: ScopeOptions } };
}

type AnyEnvironment = new (
  config: JestConfig,
  context: object,
) => { handleTestEvent?(event: Event, state: State): void | Promise<void> };

/** Follows the tests of one file through the events of Jest's runner. */
class JestTests {
  readonly #file: string;
  readonly #cassettes: TestCassettes;
  readonly #scopes = new Map<Test, TestScope>();
  /** Of the one test that runs and is not a concurrent one. */
  #current: TestScope | undefined;

  constructor(file: string, cassettes: TestCassettes) {
    this.#file = file;
    this.#cassettes = cassettes;
  }

  async follow({ name, test }: Event, state: State): Promise<void> {
    if (name === 'run_start') {
      this.#wrapAll(state);
    } else if (name === 'test_started') {
      await this.#open(test);
    } else if (name === 'test_done') {
      await this.#close(test);
    } else if (name === 'run_finish') {
      this.#cassettes.reportObsolete(this.#file, [...testsIn(state.rootDescribeBlock)].map(fullName));
    }
  }

  /** All tests and hooks are known by now, and none has run. */
  #wrapAll(state: State): void {
    for (const test of testsIn(state.rootDescribeBlock)) {
      if (test.fn !== undefined) {
        test.fn = wrapped(test.fn, () => this.#scopeOf(test));
      }
    }
    for (const hook of hooksIn(state.rootDescribeBlock)) {
      // Concurrent tests have no hooks.
      hook.fn = wrapped(hook.fn, () => (hook.type.endsWith('Each') ? this.#current : undefined));
    }
  }

  #scopeOf(test: Test): TestScope {
    const scope = this.#scopes.get(test);
    if (scope === undefined) {
      // As the runner of Jest 29 calls concurrent tests.
      throw new InvalidOptionError('test.concurrent', CANNOT_TELL);
    }
    return scope;
  }

  async #open(test: Test): Promise<void> {
    try {
      const scope = await this.#cassettes.open({ file: this.#file, name: fullName(test), id: test });
      this.#scopes.set(test, scope);
      this.#current = test.concurrent ? this.#current : scope;
    } catch (error) {
      test.errors.push(error);
    }
  }

  async #close(test: Test): Promise<void> {
    const scope = this.#scopes.get(test);
    this.#scopes.delete(test);
    this.#current = test.concurrent ? this.#current : undefined;
    try {
      await scope?.close();
    } catch (error) {
      test.errors.push(error);
    }
  }
}

const CANNOT_TELL =
  'this runner of Jest starts concurrent tests before it says so, and then nobody can tell which of them makes a ' +
  'request. Use test() for tests that make requests, or the runner of Jest 30.';

/** A function with as many parameters as the other: one that takes `done` is called so. */
function wrapped(fn: TestFunction, scopeOf: () => TestScope | undefined): TestFunction {
  if (fn.constructor.name === 'GeneratorFunction') {
    // Jest runs it step by step, and each step would have to be in the scope. What it asks is outside, and refused.
    return fn;
  }
  const inScope = function (this: unknown, ...args: unknown[]): unknown {
    const call = () => Reflect.apply(fn, this, args);
    const scope = scopeOf();
    return scope ? scope.run(call) : call();
  };
  return Object.defineProperty(inScope, 'length', { value: fn.length });
}

function* testsIn({ children }: Block): Generator<Test> {
  for (const child of children) {
    if (child.type === 'test') {
      yield child;
    } else {
      yield* testsIn(child);
    }
  }
}

function* hooksIn({ children, hooks }: Block): Generator<Hook> {
  yield* hooks;
  for (const child of children) {
    if (child.type === 'describeBlock') {
      yield* hooksIn(child);
    }
  }
}

/** As `expect.getState().currentTestName` has it. The block around all has no name of its own. */
function fullName({ name, parent }: Test | Block): string {
  return parent?.parent === undefined ? name : `${fullName(parent)} ${name}`;
}
