import undici from 'undici';
import * as assert from 'uvu/assert';
import { type BrokerMode, MemoryCassetteStore, withCassette } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';

const test = suite('a request that is given up while it waits to be made again');

let answers = 0;
const server = await loopback((_request, response) => {
  response.statusCode = answers === 0 ? 503 : 200;
  response.end(`answer ${answers++}`);
});
test.after(() => server.close());

async function program(): Promise<string[]> {
  answers = 0;
  const controller = new AbortController();
  let again = () => {};
  const dispatcher = new undici.RetryAgent(new undici.Agent(), {
    retry: (error, _context, goOn) => {
      if (controller.signal.aborted) {
        goOn(error);
      } else {
        again = () => goOn();
        setImmediate(() => controller.abort());
      }
    },
  });
  const ask = async (signal?: AbortSignal) =>
    (await undici.fetch(server.url, { dispatcher, signal: signal ?? null })).text();
  const aborted = await ask(controller.signal).catch(({ name }: Error) => name);
  again();
  const seen = [aborted, await ask(), await ask()];
  await dispatcher.destroy();
  return seen;
}

for (const first of ['record', 'auto'] satisfies BrokerMode[]) {
  test(`${first}: the requests behind it get their own answers`, async () => {
    const store = new MemoryCassetteStore({ createIfMissing: true });
    for (const mode of [first, 'replay'] as const) {
      const seen = await withCassette({ store, mode }, program);
      assert.equal(seen, ['AbortError', 'answer 1', 'answer 2'], mode);
    }
  });
}

test.run();
