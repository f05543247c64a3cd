import { createServer } from 'node:net';
import * as assert from 'uvu/assert';
import { interpose, withCassette } from '../../../src/index.js';
import { loopback } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import {
  brokerOn,
  copies,
  emptyStore,
  plain,
  recordedIn,
  settled,
  type Undici,
  WHY_SKIPPED,
} from './clients.js';

const test = suite('errors of the upstream');

const server = await loopback((request, response) => {
  switch (request.url) {
    case '/reset-before-headers':
      response.socket?.resetAndDestroy();
      break;
    case '/reset-in-body':
      response.write('part');
      setImmediate(() => response.socket?.resetAndDestroy());
      break;
    case '/premature-end':
      response.writeHead(200, { 'content-length': '10' });
      response.write('part');
      setImmediate(() => response.socket?.end());
      break;
    case '/no-end':
      response.write('part');
      break;
    case '/garbage':
      response.socket?.end('this is not HTTP\r\n\r\n');
      break;
  }
});
test.after(() => server.close());

const refused = await refusedUrl();

const failures: Record<string, { url: string; options?: object }> = {
  'connection refused': { url: refused },
  'reset before headers': { url: `${server.url}/reset-before-headers` },
  'reset in the body': { url: `${server.url}/reset-in-body` },
  'premature end': { url: `${server.url}/premature-end` },
  'a response that is not HTTP': { url: `${server.url}/garbage` },
  headersTimeout: { url: `${server.url}/no-headers`, options: { headersTimeout: 50 } },
  bodyTimeout: { url: `${server.url}/no-end`, options: { bodyTimeout: 50 } },
};

async function outcome(ask: () => Promise<string>): Promise<unknown> {
  try {
    return await settled(ask(), () => 'a failing exchange');
  } catch (error) {
    const { name, message, code, cause } = error as Error & { code?: unknown };
    const { name: inner, message: why, code: which } = (cause ?? {}) as Error & { code?: unknown };
    return { name, message, code, cause: [inner, why, which] };
  }
}

for (const [title, { url, options }] of Object.entries(failures)) {
  if (options === undefined) {
    test(`built-in fetch, ${title}: passes as it is, and is not recorded`, async () => {
      const ask = () => fetch(url).then((response) => response.text());
      const expected = await outcome(ask);
      for (const mode of ['record', 'auto'] as const) {
        const store = emptyStore();
        assert.equal(await withCassette({ store, mode }, () => outcome(ask)), expected, mode);
        assert.is((await recordedIn(store)).length, 0, mode);
      }
    });
  }
}

for (const { name, undici } of copies) {
  const check = test.skipUnless(undici !== undefined, WHY_SKIPPED);
  const u = undici as Undici;

  for (const [title, { url, options }] of Object.entries(failures)) {
    check(`${name}, ${title}: passes as it is, and is not recorded`, async () => {
      const asked = async (interceptor: unknown) => {
        const agent = new u.Agent(options);
        const dispatcher = agent.compose(interceptor as never);
        const failure = await outcome(async () => {
          const { body } = await u.request(url, { dispatcher } as never);
          return body.text();
        });
        await agent.destroy();
        return failure;
      };
      const inMode = async (mode: 'record' | 'auto') => {
        const store = emptyStore();
        const broker = await brokerOn(store, mode);
        const failure = await asked(interpose(broker));
        await broker.close();
        return { failure, recorded: (await recordedIn(store)).length };
      };
      const [failure, recorded, auto] = await Promise.all([asked(plain), inMode('record'), inMode('auto')]);
      assert.type(failure, 'object');
      assert.equal(recorded, { failure, recorded: 0 });
      assert.equal(auto, { failure, recorded: 0 });
    });
  }
}

/** An address at which nobody listens. */
async function refusedUrl(): Promise<string> {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  await new Promise((resolve) => taken.close(resolve));
  return `http://127.0.0.1:${port}/`;
}

test.run();
