import { AsyncLocalStorage } from 'node:async_hooks';
import { hostGlobal } from './core/host-realm.js';

/** A test that is running: one object an attempt. */
export interface RunningTest {
  /** The path of its cassette. */
  readonly cassette: string;
}

const RUNNING = Symbol.for('interposition.runningTest');
// The host's: Jest's integration is outside of the sandbox where its tests load a copy of this library.
const ofHost = hostGlobal as unknown as Record<symbol, AsyncLocalStorage<RunningTest> | undefined>;

/** Runs a part of a test: what it starts knows which test it is of. */
export function runInTest<T>(test: RunningTest, part: () => T): T {
  ofHost[RUNNING] ??= new AsyncLocalStorage();
  return ofHost[RUNNING].run(test, part);
}

/** The test that this is called in, where the integration of a test runner tells so. */
export function runningTest(): RunningTest | undefined {
  return ofHost[RUNNING]?.getStore();
}
