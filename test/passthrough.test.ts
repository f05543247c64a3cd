import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import * as assert from 'uvu/assert';
import {
  type BrokerMode,
  InteractionNotFoundError,
  installInterposition,
  interpose,
  MemoryCassetteStore,
  UpgradeNotRecordedError,
  withCassette,
} from '../src/index.js';
import { suite } from './support/suite.js';
import {
  type Api,
  failureOf,
  newFolder,
  recordedIn,
  recordingsOf,
  runPreloaded,
  runWithLibrary,
  startApi,
  stderrDuring,
  textOf,
  undicis,
  within,
} from './support/ways-in.js';

const test = suite('passthrough');

type Undici = typeof import('undici');

/** Two APIs; requests to the second one are left alone. */
async function withBoth<T>(use: (recorded: Api, alone: Api) => Promise<T>): Promise<T> {
  const apis = [await startApi(), await startApi()] as const;
  try {
    return await use(...apis);
  } finally {
    await Promise.all(apis.map((api) => api.close()));
  }
}

const hostOf = ({ url }: Api) => new URL(url).host;

for (const mode of ['record', 'auto', 'replay'] as const) {
  test(`a request that is left alone goes live in ${mode}, is not recorded, and is counted`, async () => {
    await withBoth(async (recorded, alone) => {
      const options = { cassette: join(newFolder(), 'api.json'), passthrough: hostOf(alone) };
      // In a process of its own: what this one records is another session.
      const urls = [`${recorded.url}/count/a`];
      await runWithLibrary('install.mjs', { mode: 'record', options, urls });
      const stderr = await stderrDuring(async () => {
        const interposition = await installInterposition(mode, options);
        assert.is(await textOf(`${recorded.url}/count/a`), mode === 'record' ? '2' : '1');
        assert.is(await textOf(`${alone.url}/count/b`), '1');
        assert.is(await textOf(`${alone.url}/count/b`), '2');
        const post = await fetch(`${alone.url}/count/b`, { method: 'POST', body: 'x' });
        assert.is(await post.text(), '3');
        const { hits, misses, recorded: count, passedThrough } = interposition.report();
        const expected = mode === 'record' ? [0, 1, 1, 3] : [1, 0, 0, 3];
        assert.equal([hits, misses, count, passedThrough], expected);
        await interposition.uninstall();
      });
      assert.is(stderr, '');
      const targets = (await recordedIn(options.cassette)).map(({ target }) => target);
      assert.equal(targets, urls);
    });
  });
}

test('in replay the other requests are still a MISS, and nothing of them is sent', async () => {
  await withBoth(async (recorded, alone) => {
    const store = new MemoryCassetteStore({ createIfMissing: true });
    await withCassette({ store, mode: 'replay', passthrough: hostOf(alone) }, async () => {
      assert.is(await textOf(`${alone.url}/count/a`), '1');
      const miss = await failureOf(() => fetch(`${recorded.url}/count/a`));
      assert.instance(miss.cause, InteractionNotFoundError);
    });
    assert.is(recorded.requests, 0);
  });
});

test('a recording of a request that is left alone is not used', async () => {
  await withBoth(async (recorded) => {
    const store = new MemoryCassetteStore({ createIfMissing: true });
    const ask = () => textOf(`${recorded.url}/count/a`);
    assert.is(await withCassette({ store, mode: 'record' }, ask), '1');
    assert.is(await withCassette({ store, mode: 'replay' }, ask), '1');
    assert.is(await withCassette({ store, mode: 'replay', passthrough: 'loopback' }, ask), '2');
  });
});

test('each hop of a redirect is looked at by itself', async () => {
  const alone = await startApi();
  const server = createServer((_request, response) =>
    response.writeHead(302, { location: `${alone.url}/count/a` }).end('moved'),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const store = new MemoryCassetteStore({ createIfMissing: true });
  const options = { store, passthrough: hostOf(alone) };
  assert.is(await withCassette({ ...options, mode: 'record' }, () => textOf(url)), '1');
  server.close();
  server.closeAllConnections();
  assert.is(await withCassette({ ...options, mode: 'replay' }, () => textOf(url)), '2');
  assert.equal(
    recordingsOf(await store.load()).map(({ target }) => target),
    [url],
  );
  await alone.close();
});

test('what a rule throws fails the request', async () => {
  await withBoth(async (_, alone) => {
    const store = new MemoryCassetteStore({ createIfMissing: true });
    const options = {
      store,
      mode: 'record' as const,
      passthrough: () => {
        throw new Error('the rule is broken');
      },
    };
    const failure = await withCassette(options, () =>
      within(
        5000,
        failureOf(() => fetch(`${alone.url}/count/a`)),
      ),
    );
    assert.is((failure.cause as Error).message, 'the rule is broken');
    assert.is(alone.requests, 0);
  });
});

for (const name of undicis) {
  test(`${name}: a dispatcher of the program's own leaves alone what the installation does`, async () => {
    const undici = ((await import(name)) as { default: Undici }).default;
    await withBoth(async (recorded, alone) => {
      const store = new MemoryCassetteStore({ createIfMissing: true });
      const agent = new undici.Agent();
      const stderr = await stderrDuring(async () => {
        const interposition = await installInterposition('replay', { store, passthrough: hostOf(alone) });
        const dispatcher = agent.compose(interpose(interposition));
        const { body } = await undici.request(`${alone.url}/count/a`, { dispatcher });
        assert.is(await body.text(), '1');
        const miss = await failureOf(() => undici.request(`${recorded.url}/count/a`, { dispatcher }));
        assert.is(miss.name, 'InteractionNotFoundError');
        assert.is(interposition.report().passedThrough, 1);
        await interposition.uninstall();
      }).finally(() => agent.destroy());
      assert.is(stderr, '');
    });
  });

  test(`${name}: a WebSocket to a host that is left alone works in replay`, async () => {
    const undici = ((await import(name)) as { default: Undici }).default;
    const server = createServer().listen(0, '127.0.0.1');
    const upgraded = new Set<Duplex>();
    server.on('upgrade', (request, socket) => {
      upgraded.add(socket);
      const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
      const accept = createHash('sha1').update(key).digest('base64');
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n' +
          `sec-websocket-accept: ${accept}\r\n\r\n`,
      );
      // One unmasked text frame: "hello" (RFC 6455, 5.7).
      socket.write(Buffer.from('810568656c6c6f', 'hex'));
      socket.on('error', () => {}).resume();
    });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const store = new MemoryCassetteStore({ createIfMissing: true });
    const listen = async (passthrough: string[]) => {
      const interposition = await installInterposition('replay', { store, passthrough });
      const agent = new undici.Agent();
      const dispatcher = agent.compose(interpose(interposition));
      const socket = new undici.WebSocket(`ws://127.0.0.1:${port}/`, { dispatcher });
      try {
        return await within(
          5000,
          new Promise((resolve, reject) => {
            socket.addEventListener('message', ({ data }) => resolve(data));
            socket.addEventListener('error', ({ error }) => reject(error ?? new Error('no connection')));
          }),
        );
      } finally {
        await agent.destroy();
        await interposition.uninstall();
      }
    };
    try {
      assert.is(await listen([`127.0.0.1:${port}`]), 'hello');
      assert.instance(await failureOf(() => listen([])), Error);
      const refused = await failureOf(async () => {
        const interposition = await installInterposition('replay', { store });
        const dispatcher = new undici.Agent().compose(interpose(interposition));
        await dispatcher
          .upgrade({ origin: `http://127.0.0.1:${port}`, path: '/', protocol: 'websocket' } as never)
          .finally(() => interposition.uninstall());
      });
      assert.instance(refused, UpgradeNotRecordedError);
    } finally {
      server.close();
      server.closeAllConnections();
      for (const socket of upgraded) {
        socket.destroy();
      }
    }
  });
}

test('the preload takes rules from the environment', async () => {
  await withBoth(async (recorded, alone) => {
    const cwd = newFolder();
    const passthrough = [`${alone.url}/count`];
    const args = [`${recorded.url}/count/a`, `${alone.url}/count/a`];
    const outputs: string[] = [];
    for (const mode of ['record', 'replay'] satisfies BrokerMode[]) {
      const env = { INTERPOSITION_MODE: mode, INTERPOSITION_OPTIONS: JSON.stringify({ passthrough }) };
      outputs.push((await runPreloaded('get.mjs', args, { cwd, env })).stdout);
    }
    assert.equal(outputs, ['1\n1\n', '1\n2\n']);
    const recordings = await recordedIn(join(cwd, '__cassettes__/default.json'));
    assert.equal(
      recordings.map(({ target }) => target),
      [`${recorded.url}/count/a`],
    );
  });
});

test.run();
