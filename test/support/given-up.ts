import * as assert from 'uvu/assert';
import { type BrokerMode, MemoryCassetteStore, withCassette } from '../../src/index.js';

/**
 * Runs a program that gives up the first of three identical requests in the turn that made it: in this mode, and then in
 * replay. The two behind it get their own answers.
 *
 * @param ask Makes a request, which a server answers with `answer 1`, `answer 2`, and so on.
 * @param restart Makes the server count from the start again.
 */
export async function assertOwnAnswers(
  first: BrokerMode,
  ask: (signal?: AbortSignal) => Promise<string>,
  restart: () => void,
): Promise<void> {
  const program = async () => {
    const controller = new AbortController();
    const aborted = ask(controller.signal).catch(({ name }: Error) => name);
    controller.abort();
    return [await aborted, await ask(), await ask()];
  };
  const store = new MemoryCassetteStore({ createIfMissing: true });
  for (const mode of [first, 'replay'] as const) {
    restart();
    const seen = await withCassette({ store, mode }, program);
    assert.equal(seen, ['AbortError', 'answer 1', 'answer 2'], mode);
  }
}
