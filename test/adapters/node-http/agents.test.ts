import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';
import * as assert from 'uvu/assert';
import { withCassette } from '../../../src/index.js';
import { loopback, whole } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { stderrDuring } from '../../support/ways-in.js';
import { emptyStore, recordedIn, settled } from '../undici/clients.js';
import { tls } from './tls.js';

const test = suite('the agents of programs');

const folder = mkdtempSync(join(tmpdir(), 'agents-'));
const plain = await loopback(whole(({ url, body }, response) => response.end(`${url} ${body}`)));
const secure = https.createServer(tls.server, (request, response) => response.end(`secure ${request.url}`));
secure.listen(0, '127.0.0.1');
const unix = http.createServer((request, response) => response.end(`unix ${request.url}`));
unix.listen(join(folder, 'socket'));
const proxy = http.createServer().listen(0, '127.0.0.1');
await Promise.all([secure, unix, proxy].map((server) => server.listening || once(server, 'listening')));

let connections = 0;
let tunnels = 0;
for (const server of [plain.server, secure, unix, proxy]) {
  server.on('connection', () => connections++);
}
proxy.on('connect', ({ url = '' }: IncomingMessage, client: Socket) => {
  tunnels++;
  const [host = '', port] = url.split(':');
  const upstream = net.connect(Number(port), host, () => {
    client.write('HTTP/1.1 200 OK\r\n\r\n');
    upstream.pipe(client).pipe(upstream);
  });
  for (const socket of [client, upstream]) {
    socket.on('error', () => {});
  }
});
test.after(async () => {
  await plain.close();
  for (const server of [secure, unix, proxy]) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true });
});

const portOf = (server: net.Server) => (server.address() as AddressInfo).port;

async function textOf(request: ClientRequest): Promise<string> {
  const [response] = await settled(once(request, 'response'), () => 'a request');
  return Buffer.concat(await response.toArray()).toString();
}

/** An agent that owes nothing to node's. */
function ownAgent() {
  const seen: string[] = [];
  return {
    seen,
    addRequest(
      request: ClientRequest & { onSocket(socket: Socket): void },
      options: { host: string; port: number },
    ) {
      seen.push(request.path);
      request.onSocket(net.connect(options.port, options.host));
    },
  };
}

/** An agent that makes its tunnel by a CONNECT of node's own. */
class TunnelAgent extends https.Agent {
  override createConnection(
    options: https.RequestOptions,
    created?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const { host, port } = options;
    http
      .request({
        host: '127.0.0.1',
        port: portOf(proxy),
        method: 'CONNECT',
        path: `${host}:${port}`,
        agent: false,
      })
      .on('connect', (_, socket) => created?.(null, connectTls({ socket, ca: tls.ca, host: String(host) })))
      .end();
  }
}

const url = (path: string) => `${plain.url}${path}`;
const secureUrl = (path: string) => `https://127.0.0.1:${portOf(secure)}${path}`;

/** Each asks a few things; what it gives is compared. */
const PROGRAMS: Record<string, () => Promise<unknown>> = {
  'a pool reuses its connection': async () => {
    const agent = new http.Agent({ keepAlive: true });
    const before = connections;
    const texts: string[] = [];
    for (const path of ['/1', '/2', '/3']) {
      texts.push(await textOf(http.get(url(path), { agent })));
      await new Promise((resolve) => setImmediate(resolve));
    }
    agent.destroy();
    return [texts, connections - before <= 1];
  },
  'a pool of one connection is waited for': async () => {
    const agent = new http.Agent({ maxSockets: 1 });
    const texts = await Promise.all(['/1', '/2', '/3'].map((path) => textOf(http.get(url(path), { agent }))));
    agent.destroy();
    return texts;
  },
  'a pool with TLS': async () => {
    const agent = new https.Agent({ keepAlive: true, ca: tls.ca });
    const texts = [
      await textOf(https.get(secureUrl('/1'), { agent })),
      await textOf(https.get(secureUrl('/2'), { agent })),
    ];
    agent.destroy();
    return texts;
  },
  'an agent that owes nothing to node’s': async () => {
    const agent = ownAgent();
    const request = http.get(url('/own'), { agent: agent as never });
    return [await textOf(request), (request as ClientRequest & { agent: unknown }).agent === agent];
  },
  'a frozen agent': () => textOf(http.get(url('/frozen'), { agent: Object.freeze(ownAgent()) as never })),
  'an agent with private parts': async () => {
    class Private extends http.Agent {
      readonly #limit = 5;
      get limit() {
        return this.#limit;
      }
      override createConnection(...args: Parameters<http.Agent['createConnection']>) {
        assert.is(this.limit, 5);
        return super.createConnection(...args);
      }
    }
    return textOf(http.get(url('/private'), { agent: new Private() }));
  },
  'a socket of the file system': () =>
    textOf(http.get({ socketPath: join(folder, 'socket'), path: '/file' })),
  'a look-up of its own': () =>
    textOf(
      http.get({
        host: 'made-up.test',
        port: plain.port,
        path: '/looked-up',
        lookup: (_host, options, found) =>
          options.all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4),
      }),
    ),
  'a local address': () => textOf(http.get(url('/local'), { localAddress: '127.0.0.1' })),
  'a tunnel through a proxy': () =>
    textOf(
      https.get(secureUrl('/tunnelled'), {
        agent: new HttpsProxyAgent(`http://127.0.0.1:${portOf(proxy)}`),
        ca: tls.ca,
      }),
    ),
  'a tunnel that is a request of node’s itself': () =>
    textOf(https.get(secureUrl('/tunnelled'), { agent: new TunnelAgent() })),
};

for (const [title, program] of Object.entries(PROGRAMS)) {
  test(`${title}: live, recorded and replayed alike`, async () => {
    const expected = await program();
    const store = emptyStore();
    const before = tunnels;
    const stderr = await stderrDuring(async () => {
      assert.equal(await withCassette({ store, mode: 'record' }, program), expected, 'record');
    });
    assert.not.match(stderr, 'upgraded connection');
    const targets = (await recordedIn(store)).map(({ request }) => request.target);
    assert.ok(targets.length > 0 && targets.every((target) => !/CONNECT/.test(target)), targets.join());
    assert.is(tunnels - before, /tunnel/.test(title) ? 1 : 0);
    const connected = connections;
    assert.equal(await withCassette({ store, mode: 'replay' }, program), expected, 'replay');
    assert.is(connections, connected, 'replay has connected');
    assert.equal(await withCassette({ store: emptyStore(), mode: 'auto' }, program), expected, 'auto');
  });
}

const REFUSED: Record<string, () => ClientRequest> = {
  'a certificate that nobody vouches for': () => https.get(secureUrl('/')),
  'a name that is not the certificate’s': () =>
    https.get(secureUrl('/'), { ca: tls.ca, servername: 'other.test' }),
  'plain HTTP to a server of TLS': () => http.get(`http://127.0.0.1:${portOf(secure)}/`),
  'a name that does not exist': () =>
    http.get({ host: 'nowhere.invalid', lookup: (_host, _options, found) => found(notFound(), []) }),
  'an agent that fails to connect': () => {
    const agent = new http.Agent();
    agent.createConnection = () => {
      throw Object.assign(new Error('no connection today'), { code: 'ENONE' });
    };
    return http.get(url('/'), { agent });
  },
};

function notFound(): NodeJS.ErrnoException {
  return Object.assign(new Error('getaddrinfo ENOTFOUND nowhere.invalid'), {
    code: 'ENOTFOUND',
    errno: -3008,
    syscall: 'getaddrinfo',
    hostname: 'nowhere.invalid',
  });
}

async function failure(make: () => ClientRequest): Promise<unknown[]> {
  try {
    const events: string[] = [];
    const request = make();
    request.on('socket', (socket) => socket.on('connect', () => events.push('connect')));
    const [error] = (await settled(once(request, 'error'), () => 'a failure')) as [NodeJS.ErrnoException];
    return [error.name, error.message, error.code, error.syscall, events];
  } catch (thrown) {
    return ['thrown', String(thrown)];
  }
}

for (const [title, make] of Object.entries(REFUSED)) {
  test(`${title}: fails as it does live, is recorded where failures are, and comes again in replay`, async () => {
    const expected = await failure(make);
    for (const mode of ['record', 'auto'] as const) {
      const store = emptyStore();
      const seen = await withCassette({ store, mode }, () => failure(make));
      if (mode === 'auto' && expected[0] === 'thrown') {
        // In `auto` the agent is asked when the body is there, so what it throws can only be an error of the request.
        assert.is(seen[1], 'no connection today');
      } else {
        assert.equal(seen, expected, mode);
      }
      assert.is((await recordedIn(store)).length, 0);
    }
    if (expected[0] === 'thrown') {
      return;
    }
    const store = emptyStore();
    const options = { store, recordFailures: true, redact: false } as const;
    assert.equal(await withCassette({ ...options, mode: 'record' }, () => failure(make)), expected);
    const connected = connections;
    assert.equal(await withCassette({ ...options, mode: 'replay' }, () => failure(make)), expected, 'replay');
    assert.is(connections, connected);
  });
}

test.run();
