import * as assert from 'uvu/assert';
import { interceptDispatcher } from '../../../src/adapters/undici/dispatcher.js';
import type { DispatcherLike } from '../../../src/adapters/undici/protocol.js';
import { loopback } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { copies, nodeMajor, type Undici, WHY_SKIPPED } from './clients.js';
import { newCassette, runProgram } from './programs.js';

const test = suite('the wrapped global dispatcher');

const server = await loopback((request, response) => response.end(request.url));
test.after(() => server.close());

const packages = { 'undici 6': 'undici6', 'undici 7': 'undici', 'undici 8': 'undici8' } as Record<
  string,
  string
>;

for (const { name, undici } of copies) {
  const check = test.skipUnless(undici !== undefined, WHY_SKIPPED);

  check(`${name}: a program sees no difference to the dispatcher without the library`, async () => {
    const args = [packages[name] as string, server.url];
    const { printed: expected } = await runProgram('wrapper.mjs', args);
    assert.type(expected, 'object');
    for (const mode of ['record', 'auto'] as const) {
      const { printed } = await runProgram('wrapper.mjs', args, { mode, cassette: newCassette() });
      assert.equal(printed, expected, mode);
    }
  });

  check(`${name}: a dispatcher is intercepted once, and stays the object that it is`, async () => {
    const { Agent } = undici as Undici;
    const agent = new Agent() as unknown as DispatcherLike;
    const wrap = (target: DispatcherLike) =>
      interceptDispatcher(target, () => undefined, { version: undefined, used: () => {} });
    assert.is(wrap(agent), agent);
    const { dispatch } = agent;
    assert.is(wrap(wrap(agent)).dispatch, dispatch);
    assert.is(
      (wrap(agent) as unknown as { close: unknown }).close,
      (wrap(agent) as unknown as { close: unknown }).close,
    );
    await (agent as unknown as { close(): Promise<void> }).close();
  });
}

test('a method that may not be replaced is given as it is', () => {
  const target = Object.defineProperty({ dispatch: () => true }, 'fixed', { value: () => 'fixed' });
  const wrapper = interceptDispatcher(target, () => undefined, {
    version: undefined,
    used: () => {},
  }) as unknown as { fixed(): string };
  assert.is(wrapper.fixed(), 'fixed');
});

test.skipUnless(nodeMajor >= 24, 'NODE_USE_ENV_PROXY needs Node 24')(
  'the built-in dispatcher under NODE_USE_ENV_PROXY, with private members, works behind it',
  async () => {
    const proxied: string[] = [];
    const proxy = await loopback((request, response) => {
      proxied.push(request.url ?? '');
      response.end('by proxy');
    });
    proxy.server.on('connect', (request, socket) => {
      proxied.push(`CONNECT ${request.url}`);
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.once('data', () => {
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 8\r\nconnection: close\r\n\r\nby proxy');
      });
    });
    const environment = {
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: proxy.url,
      http_proxy: proxy.url,
      NO_PROXY: '',
      no_proxy: '',
    };
    const args = ['http://nowhere.test', 'builtin'];
    const cassette = newCassette();
    const recorded = await runProgram('copies.mjs', args, { mode: 'record', cassette }, environment);
    assert.equal(recorded.printed, ['by proxy']);
    assert.is(proxied.length, 1);
    await proxy.close();
    const replayed = await runProgram('copies.mjs', args, { mode: 'replay', cassette }, environment);
    assert.equal(replayed.printed, ['by proxy']);
  },
);

test.run();
