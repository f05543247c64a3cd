// What is used of the runners, which this library does not install: each is an optional peer.

declare module 'vitest' {
  interface RunnerTask {
    readonly id: string;
    readonly name: string;
    readonly suite?: RunnerTask;
    readonly tasks?: readonly RunnerTask[];
    readonly file: { readonly filepath: string; readonly tasks: readonly RunnerTask[] };
    readonly result?: { readonly errors?: readonly { message: string; stack?: string }[] };
  }
  export function aroundEach(
    hook: (runTest: () => Promise<void>, context: { readonly task: RunnerTask }) => Promise<void>,
    timeout: number,
  ): void;
  export function afterAll(hook: (context: object, suite: RunnerTask) => void): void;
}

declare module 'jest-environment-node' {
  export class TestEnvironment {
    constructor(config: unknown, context: unknown);
    setup(): Promise<void>;
    teardown(): Promise<void>;
  }
}
