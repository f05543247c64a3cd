import { AsyncLocalStorage } from 'node:async_hooks';
import { hostGlobal } from './core/host-realm.js';

/** A test by what names its cassette. */
export interface NamedTest {
  /** Its file: a path, or a `file:` URL. */
  readonly file: string;
  /** Its own name and those of the suites around it, outermost first, with spaces between them. */
  readonly name: string;
}

const RUNNING = Symbol.for('interposition.runningTest');
// The host's: Jest's integration is outside of the sandbox where its tests load a copy of this library.
const ofHost = hostGlobal as unknown as Record<symbol, AsyncLocalStorage<NamedTest> | undefined>;

/** Runs a part of a test: what it starts knows which test it is of. */
export function runInTest<T>(test: NamedTest, part: () => T): T {
  ofHost[RUNNING] ??= new AsyncLocalStorage();
  return ofHost[RUNNING].run(test, part);
}

/** The test that this is called in, where the integration of a test runner tells so. */
export function runningTest(): NamedTest | undefined {
  return ofHost[RUNNING]?.getStore();
}
