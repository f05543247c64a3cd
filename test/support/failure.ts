import * as assert from 'uvu/assert';

type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

/** What the work fails with, by a throw or a rejection: an error of this class, or the test fails. */
export async function failure<E extends Error>(expected: ErrorClass<E>, work: () => unknown): Promise<E> {
  let outcome: unknown;
  try {
    outcome = await work();
  } catch (error) {
    assert.ok(error instanceof expected, `expected a ${expected.name}, got ${describe(error)}`);
    return error as E;
  }
  return assert.unreachable(`expected a ${expected.name}, got the value ${String(outcome)}`) as never;
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
