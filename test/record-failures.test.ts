import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Agent } from 'undici';
import * as assert from 'uvu/assert';
import {
  Broker,
  type BrokerMode,
  Cassette,
  installInterposition,
  interpose,
  MemoryCassetteStore,
  withCassette,
} from '../src/index.js';
import { request as requestFor, thrownBy } from './core/harness.js';
import { suite } from './support/suite.js';
import {
  failureOf,
  newFolder,
  recordedIn,
  recordingsOf,
  runPreloaded,
  stderrDuring,
  undicis,
  withEnvironment,
  within,
} from './support/ways-in.js';

const test = suite('recordFailures');

type Undici = typeof import('undici');
type Serve = (socket: Socket) => void;
type AgentOptions = ConstructorParameters<typeof Agent>[0];

const copies = await Promise.all(
  undicis.map(async (name) => ({ name, undici: ((await import(name)) as { default: Undici }).default })),
);

/** A server on loopback that does with each connection what it is told, for as long as the work takes. */
async function withServer<T>(serve: Serve, work: (authority: string) => Promise<T>): Promise<T> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await work(`127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    for (const socket of sockets) {
      socket.destroy();
    }
    server.close();
    await once(server, 'close');
  }
}

/** An address that was in use a moment ago, and refuses now. */
function refusing(): Promise<string> {
  return withServer(
    () => {},
    async (authority) => authority,
  );
}

/** All that a program can tell an error by, its causes included. */
function told(error: unknown, undici?: Undici): unknown {
  if (!(error instanceof Error)) {
    return error;
  }
  const plain = Object.entries(error).filter(
    ([name, value]) => name !== 'name' && value !== undefined && typeof value !== 'object',
  );
  return {
    isTypeError: error instanceof TypeError,
    classes: Object.entries(undici?.errors ?? {}).flatMap(([name, Class]) =>
      error instanceof (Class as unknown as ErrorConstructor) ? [name] : [],
    ),
    name: error.name,
    message: error.message,
    ...Object.fromEntries(plain),
    cause: told(error.cause, undici),
    errors: (error as AggregateError).errors?.map((inner) => told(inner, undici)),
  };
}

/** The code of the error, or of the one underneath. */
function codeOf(error: Error & { cause?: unknown; code?: string }): string | undefined {
  return error.code ?? (error.cause as NodeJS.ErrnoException | undefined)?.code;
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n';

const onRequest =
  (act: (socket: Socket) => void): Serve =>
  (socket) =>
    socket.once('data', () => act(socket));

interface Failing {
  readonly title: string;
  /** Undefined: nobody listens. */
  readonly serve?: Serve;
  /** Called when the program has read something of the body. */
  readonly onRead?: () => void;
  readonly url?: (authority: string) => string;
  readonly code: RegExp;
  /** The class of undici's that the error is of. */
  readonly is?: string;
  readonly agent?: AgentOptions;
  readonly timeouts?: { readonly headersTimeout?: number; readonly bodyTimeout?: number };
}

const midway = new Set<Socket>();

const FAILING: readonly Failing[] = [
  { title: 'a refused connection', code: /^ECONNREFUSED$/ },
  {
    title: 'a refused connection to each of the addresses of a name',
    url: (authority) => `http://both.test:${authority.split(':')[1]}/`,
    agent: {
      autoSelectFamily: true,
      connect: {
        lookup: (_name, _options, callback) =>
          callback(null, [
            { address: '127.0.0.1', family: 4 },
            { address: '127.0.0.2', family: 4 },
          ]),
      },
    },
    code: /^ECONNREFUSED$/,
  },
  {
    title: 'a reset before the head',
    serve: onRequest((socket) => socket.resetAndDestroy()),
    code: /^ECONNRESET$/,
  },
  {
    title: 'a connection that is closed before the head',
    serve: onRequest((socket) => socket.end()),
    code: /^UND_ERR_SOCKET$/,
    is: 'SocketError',
  },
  {
    title: 'a reset in the middle of the body',
    serve: onRequest((socket) => {
      midway.add(socket);
      socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n`);
    }),
    onRead: () => {
      for (const socket of midway) {
        socket.resetAndDestroy();
      }
      midway.clear();
    },
    code: /^ECONNRESET$/,
  },
  {
    title: 'a body that is shorter than its length',
    serve: onRequest((socket) => socket.end(`${HEAD}content-length: 20\r\n\r\n0123456789`)),
    code: /^UND_ERR_SOCKET$/,
    is: 'SocketError',
  },
  {
    title: 'a response that is not HTTP',
    serve: onRequest((socket) => socket.end('HTTP/1.1 200 OK\r\nno colon here\r\n\r\n')),
    // The parser's code; in some versions of undici it has none.
    code: /^(?:HPE_\w+|undefined)$/,
    is: 'HTTPParserError',
  },
  {
    title: 'a head that does not come in time',
    serve: () => {},
    timeouts: { headersTimeout: 50 },
    code: /^UND_ERR_HEADERS_TIMEOUT$/,
    is: 'HeadersTimeoutError',
  },
  {
    title: 'a body that does not come in time',
    serve: onRequest((socket) => socket.write(`${HEAD}content-length: 20\r\n\r\n0123456789`)),
    timeouts: { bodyTimeout: 50 },
    code: /^UND_ERR_BODY_TIMEOUT$/,
    is: 'BodyTimeoutError',
  },
  {
    title: 'a connection that does not come in time',
    url: () => 'http://slow.test/',
    agent: { connect: { timeout: 50, lookup: () => {} } },
    code: /^UND_ERR_CONNECT_TIMEOUT$/,
    is: 'ConnectTimeoutError',
  },
  {
    title: 'a name that is not known',
    url: () => 'http://no-such-host.invalid/',
    code: /^(?:ENOTFOUND|EAI_AGAIN)$/,
  },
  {
    title: 'a server that does not speak TLS',
    serve: onRequest((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
    url: (authority) => `https://${authority}/`,
    code: /^ERR_SSL_\w+$/,
  },
];

type Read = readonly string[];
interface Seen {
  /** The body's chunks until it failed. */
  readonly read: Read;
  readonly error: Error;
}

/** Asks for a URL and reads what comes of it, which has to fail. */
type Ask = (url: string, failing: Failing) => Promise<Seen>;

async function reading(begin: () => Promise<AsyncIterable<Uint8Array>>, failing: Failing): Promise<Seen> {
  const read: string[] = [];
  const error = await failureOf(async () => {
    for await (const chunk of await begin()) {
      read.push(Buffer.from(chunk).toString());
      failing.onRead?.();
    }
  });
  return { read, error };
}

const byFetch: Ask = (url, failing) =>
  reading(async () => (await fetch(url)).body as unknown as AsyncIterable<Uint8Array>, failing);

/** `request` of an npm undici, by an Agent of its own; through the installation where there is one. */
function byRequest(undici: Undici, mode?: BrokerMode, options = {}): Ask {
  return async (url, failing) => {
    const agent = new undici.Agent({ ...failing.agent });
    const interposition = mode && (await installInterposition(mode, options));
    const dispatcher = interposition ? agent.compose(interpose(interposition)) : agent;
    try {
      return await reading(
        async () => (await undici.request(url, { ...failing.timeouts, dispatcher })).body,
        failing,
      );
    } finally {
      await interposition?.uninstall();
      await agent.destroy();
    }
  };
}

async function whileServing<T>({ serve, url }: Failing, work: (url: string) => Promise<T>): Promise<T> {
  const toUrl = url ?? ((authority: string) => `http://${authority}/`);
  return serve === undefined
    ? work(toUrl(await refusing()))
    : withServer(serve, (authority) => work(toUrl(authority)));
}

for (const failing of FAILING) {
  for (const { name, undici } of copies) {
    test(`${name}: ${failing.title} is replayed as the same error`, async () => {
      const store = new MemoryCassetteStore({ createIfMissing: true });
      const { url, live, recorded } = await whileServing(failing, async (url) => ({
        url,
        live: await within(15_000, byRequest(undici)(url, failing)),
        recorded: await within(
          15_000,
          byRequest(undici, 'record', { store, recordFailures: true })(url, failing),
        ),
      }));
      assert.match(String(codeOf(live.error)), failing.code);
      if (failing.is !== undefined) {
        assert.instance(live.error, Reflect.get(undici.errors, failing.is));
      }
      assert.equal(told(recorded.error, undici), told(live.error, undici));
      const replayed = await within(5000, byRequest(undici, 'replay', { store })(url, failing));
      assert.equal(told(replayed.error, undici), told(live.error, undici));
      assert.equal(replayed.read, live.read);
    });
  }

  if (failing.timeouts === undefined && failing.agent === undefined) {
    test(`built-in fetch: ${failing.title} is replayed as the same error`, async () => {
      const store = new MemoryCassetteStore({ createIfMissing: true });
      const { url, live, recorded } = await whileServing(failing, async (url) => ({
        url,
        live: await within(15_000, byFetch(url, failing)),
        recorded: await withCassette({ store, mode: 'record', recordFailures: true }, () =>
          within(15_000, byFetch(url, failing)),
        ),
      }));
      assert.instance(live.error, TypeError);
      assert.match(String(codeOf(live.error)), failing.code);
      assert.equal(told(recorded.error), told(live.error));
      const replayed = await withCassette({ store, mode: 'replay' }, () =>
        within(5000, byFetch(url, failing)),
      );
      assert.equal(told(replayed.error), told(live.error));
      assert.equal(replayed.read, live.read);
    });
  }
}

test('without the option a failure is not recorded, and the program sees the same error', async () => {
  const store = new MemoryCassetteStore({ createIfMissing: true });
  const url = `http://${await refusing()}/`;
  const live = await failureOf(() => fetch(url));
  for (const mode of ['record', 'auto'] as const) {
    const error = await failureOf(() => withCassette({ store, mode }, () => fetch(url)));
    assert.equal(told(error), told(live));
  }
  assert.is((await store.load()).size, 0);
});

test('in auto a failure is recorded once, and answers from then on', async () => {
  const store = new MemoryCassetteStore({ createIfMissing: true });
  let connections = 0;
  const serve = onRequest((socket) => {
    connections++;
    socket.resetAndDestroy();
  });
  await withServer(serve, async (authority) => {
    const ask = () => failureOf(() => fetch(`http://${authority}/`));
    const options = { store, mode: 'auto', recordFailures: true } as const;
    const first = await withCassette(options, ask);
    const second = await new Broker(await store.load(), {
      mode: 'auto',
      project: ({ target }) => target,
      session: { id: 'another run', lane: '1', entry: 0 },
      liveResponder: () => assert.unreachable('it went live') as never,
    });
    const error = await thrownBy(async () => {
      for await (const _ of second.replay(requestFor({ target: `http://${authority}/` })));
    });
    assert.equal(told(error), told(first.cause));
    assert.is(connections, 1);
  });
});

const BODIES: readonly (readonly [title: string, init: () => RequestInit, bytes: RegExp])[] = [
  ['a text', () => ({ body: 'a text' }), /^a text$/],
  ['bytes', () => ({ body: Buffer.from('bytes') }), /^bytes$/],
  ['a Blob', () => ({ body: new Blob(['a blob']) }), /^a blob$/],
  ['parameters', () => ({ body: new URLSearchParams({ a: '1' }) }), /^a=1$/],
  ['a form', () => ({ body: formOf({ field: 'value' }) }), /name="field"\s+value/],
  ['a stream', () => ({ body: streamOf('one', 'two'), duplex: 'half' }) as RequestInit, /^onetwo$/],
];

function formOf(fields: Record<string, string>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    form.append(name, value);
  }
  return form;
}

function streamOf(...texts: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const text of texts) {
        controller.enqueue(new TextEncoder().encode(text));
      }
      controller.close();
    },
  });
}

for (const mode of ['record', 'auto'] as const) {
  for (const [title, init, bytes] of BODIES) {
    test(`a POST of ${title} that was refused is recorded with its body: ${mode}`, async () => {
      const store = new MemoryCassetteStore({ createIfMissing: true });
      const url = `http://${await refusing()}/`;
      const post = () =>
        within(
          5000,
          failureOf(() => fetch(url, { method: 'POST', ...init() })),
        );
      const live = await withCassette({ store, mode, recordFailures: true }, post);
      assert.is(codeOf(live), 'ECONNREFUSED');
      const [recorded] = (await store.load()).interactions;
      assert.match(Buffer.from(recorded?.request.body ?? []).toString(), bytes);
      const replayed = await withCassette({ store, mode: 'replay' }, post);
      assert.equal(told(replayed), told(live));
    });
  }
}

/** A server that fails twice and then answers. */
function failingTwice(): Serve {
  let connections = 0;
  return onRequest((socket) =>
    ++connections <= 2 ? socket.resetAndDestroy() : socket.end(`${HEAD}content-length: 4\r\n\r\nfine`),
  );
}

test('a story of retries is replayed in its order', async () => {
  const store = new MemoryCassetteStore({ createIfMissing: true });
  const insist = async (url: string) => {
    const outcomes: unknown[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      outcomes.push(
        await fetch(url).then(
          (response) => response.text(),
          (error) => codeOf(error),
        ),
      );
    }
    return outcomes;
  };
  const expected = ['ECONNRESET', 'ECONNRESET', 'fine'];
  const url = await withServer(failingTwice(), async (authority) => {
    const url = `http://${authority}/`;
    const options = { store, mode: 'record', recordFailures: true } as const;
    assert.equal(await withCassette(options, () => insist(url)), expected);
    return url;
  });
  assert.is((await store.load()).size, 3);
  assert.equal(await withCassette({ store, mode: 'replay' }, () => insist(url)), expected);
});

for (const { name, undici } of copies) {
  test(`${name}: what a RetryAgent does is replayed`, async () => {
    const store = new MemoryCassetteStore({ createIfMissing: true });
    const insist = async (mode: BrokerMode, url: string) => {
      const interposition = await installInterposition(mode, { store, recordFailures: true });
      const agent = new undici.Agent();
      const interposed = agent.compose(interpose(interposition));
      const dispatcher = new undici.RetryAgent(interposed, { minTimeout: 1, maxTimeout: 1 });
      try {
        const { body } = await undici.request(url, { dispatcher });
        return [await body.text(), interposition.report().hits, interposition.report().recorded];
      } finally {
        await agent.destroy();
        await interposition.uninstall();
      }
    };
    const url = await withServer(failingTwice(), async (authority) => {
      assert.equal(await insist('record', `http://${authority}/`), ['fine', 0, 3]);
      return `http://${authority}/`;
    });
    assert.equal(await insist('replay', url), ['fine', 3, 0]);
  });
}

for (const reason of ['AbortError', 'TimeoutError']) {
  test(`the program’s own ${reason} is no failure`, async () => {
    const store = new MemoryCassetteStore({ createIfMissing: true });
    let connect = () => {};
    const connected = new Promise<void>((resolve) => {
      connect = resolve;
    });
    await withServer(
      onRequest(() => connect()),
      async (authority) => {
        const error = await withCassette({ store, mode: 'record', recordFailures: true }, () =>
          failureOf(() => fetch(`http://${authority}/`, { signal: abortedAfter(connected, reason) })),
        );
        assert.is(error.name, reason);
      },
    );
    assert.equal(
      recordingsOf(await store.load()).map(({ metadata }) => [metadata['ended'], metadata['error']]),
      [['truncated', undefined]],
    );
  });
}

function abortedAfter(moment: Promise<unknown>, reason: string): AbortSignal {
  const controller = new AbortController();
  void moment.then(() => controller.abort(new DOMException('enough', reason)));
  return controller.signal;
}

test('no secret is in a recorded error, nor in the one that is replayed', async () => {
  const token = 'q7zk29xvbt4mlw8rfy3n5hc1';
  await withEnvironment({ UPSTREAM_TOKEN: token }, async () => {
    const store = new MemoryCassetteStore({ createIfMissing: true });
    const upstream = Object.assign(new Error(`no such tenant: ${token}`, { cause: new Error(token) }), {
      code: 'ENOTENANT',
      hostname: `${token}.example.com`,
    });
    const broker = new Broker(new Cassette(), {
      mode: 'record',
      cassetteStore: store,
      recordFailures: true,
      // biome-ignore lint/correctness/useYield: an upstream that fails before anything has arrived
      async *liveResponder() {
        throw upstream;
      },
    });
    const ask = async (from: Broker) => {
      for await (const _ of from.replay(requestFor()));
    };
    assert.is(await thrownBy(() => ask(broker)), upstream, 'the program sees the error as it is');
    const [recorded] = recordingsOf(await store.load());
    assert.match(String(recorded?.metadata['error']), /no such tenant/);
    assert.not.match(String(recorded?.metadata['error']), token);
    const replayed = await thrownBy(async () => ask(await Broker.fromStore(store)));
    assert.not.match(JSON.stringify(told(replayed)), token);
    assert.is((replayed as NodeJS.ErrnoException).code, 'ENOTENANT');
  });
});

test('an unchanged program is told of a recorded failure by the preload', async () => {
  const cwd = newFolder();
  const env = { INTERPOSITION_OPTIONS: '{"recordFailures":true}' };
  const program = (url: string, mode: BrokerMode) =>
    runPreloaded('endings.mjs', ['survive a failed fetch', url, join(cwd, 'began')], {
      cwd,
      env: { ...env, INTERPOSITION_MODE: mode },
    });
  const serve = onRequest((socket) => socket.resetAndDestroy());
  const url = await withServer(serve, async (authority) => {
    const { stdout, code } = await program(`http://${authority}/`, 'record');
    assert.equal([stdout, code], ['ECONNRESET\n', 0]);
    return `http://${authority}/`;
  });
  const [recorded] = await recordedIn(join(cwd, '__cassettes__/default.json'));
  assert.is(recorded?.metadata['ended'], 'failed');
  // Live it would be refused by now.
  const { stdout, stderr, code } = await program(url, 'replay');
  assert.equal([stdout, stderr, code], ['ECONNRESET\n', '', 0]);
});

test('a failure that cannot be saved is told in its place', async () => {
  const store = {
    load: async () => new Cassette(),
    save: async () => {
      throw new Error('no space left');
    },
  };
  const url = `http://${await refusing()}/`;
  await stderrDuring(async () => {
    const error = await withCassette({ store, mode: 'record', recordFailures: true }, () =>
      failureOf(() => fetch(url)),
    );
    assert.is((error.cause as Error).name, 'CassetteSaveError');
  });
});

test.run();
