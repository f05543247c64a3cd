import { writeFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { type BrokerMode, installInterposition } from '../../../src/index.js';
import { loopback, proxyServer } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { BuiltInAgent, emptyStore, nodeMajor, rejection, WHY_SKIPPED } from './clients.js';
import { newCassette, runProgram } from './programs.js';

const test = suite('the guard');

const UNDICI_WAYS = [
  'request',
  'request of a client',
  'requests through a full pool',
  'request with a stream',
  'stream',
  'pipeline',
  'fetch',
  'RetryAgent',
  'ProxyAgent',
  'upgrade',
];
const BUILT_IN_WAYS = ['built-in fetch', 'built-in WebSocket'];

/** A server that counts what is sent to it: requests, and bytes. */
async function servers() {
  const [api, proxy] = await Promise.all([
    loopback((request, response) => response.end(`${request.method} ${request.url}`)),
    proxyServer(),
  ]);
  let bytes = 0;
  for (const { server } of [api, proxy]) {
    server.on('connection', (socket) => socket.on('data', (chunk: Buffer) => (bytes += chunk.byteLength)));
  }
  api.server.on('upgrade', (_, socket) =>
    socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n'),
  );
  return {
    api,
    addresses: JSON.stringify({ url: api.url, proxy: proxy.url }),
    bytes: () => bytes,
    async close() {
      await Promise.all([api.close(), proxy.close()]);
    },
  };
}

interface Outcome {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

type Story = Record<string, unknown>;

interface Guarded {
  readonly story: Story;
  readonly stderr: string;
  readonly requests: number;
  readonly bytes: number;
  readonly url: string;
}

/** Runs the program with the copy in it that no hook sees. */
async function guarded(
  copy: string,
  ways: readonly string[],
  mode: BrokerMode | undefined,
  options: object | ((url: string) => object) = {},
): Promise<Guarded> {
  const up = await servers();
  const { url } = up.api;
  try {
    const cassette = newCassette();
    if (mode === 'replay') {
      writeFileSync(cassette, '{ "interposition": 1, "interactions": [] }');
    }
    const environment = {
      INTERPOSITION_OPTIONS: JSON.stringify(typeof options === 'function' ? options(url) : options),
    };
    const args = [copy, up.addresses, ...ways];
    const { printed, stderr } = await runProgram(
      'bundled.cjs',
      args,
      mode && { mode, cassette },
      mode && environment,
    );
    return { story: printed as Story, stderr, requests: up.api.count(), bytes: up.bytes(), url };
  } finally {
    await up.close();
  }
}

const outcomes = (story: Story) => Object.values(story).flat() as Outcome[];

const cases: readonly (readonly [copy: string, ways: readonly string[]])[] = [
  ['undici6', UNDICI_WAYS],
  ['undici', UNDICI_WAYS],
  ['undici8', UNDICI_WAYS],
  ['built-in', nodeMajor >= 22 ? BUILT_IN_WAYS : BUILT_IN_WAYS.slice(0, 1)],
];

for (const [copy, ways] of cases) {
  const check = test.skipUnless(nodeMajor >= 22 || copy !== 'undici8', WHY_SKIPPED);

  check(`${copy}: in replay what went past every Broker is stopped, and nothing is sent`, async () => {
    const { story, stderr, bytes } = await guarded(copy, ways, 'replay');
    assert.is(Object.keys(story).join(), ways.join(), stderr);
    for (const [way, outcome] of Object.entries(story)) {
      for (const { name, message } of [outcome].flat() as Outcome[]) {
        if (way === 'built-in WebSocket') {
          assert.is(outcome, 'error');
        } else {
          assert.is(name, way === 'upgrade' ? 'UpgradeNotRecordedError' : 'RequestNotBrokeredError', way);
          assert.match(message, /^(GET|POST|PUT) http:\/\/127\.0\.0\.1:\d+\//, way);
        }
      }
    }
    assert.is(bytes, 0);
    assert.is(stderr, '');
  });

  check(`${copy}: while recording it goes live, with one warning for an origin and a method`, async () => {
    const live = await guarded(copy, ways, undefined);
    const recorded = await guarded(copy, ways, 'record');
    const relative = ({ story, url }: Guarded) => JSON.parse(JSON.stringify(story).replaceAll(url, ''));
    assert.equal(relative(recorded), relative(live), recorded.stderr);
    assert.is(recorded.requests, live.requests);
    assert.is(recorded.bytes, live.bytes);
    const warning = /^interposition: .* was not brokered.*interpose\(\).*"passthrough"/gm;
    const lines: readonly string[] = recorded.stderr.match(warning) ?? [];
    const methods = new Set(lines.map((line) => line.split(' ')[1]));
    assert.is(lines.length, methods.size, recorded.stderr);
    assert.ok(lines.length > 0, recorded.stderr);
    assert.not.match(recorded.stderr, /s3cr3t/);
  });

  check(`${copy}: guard "off" says nothing and stops nothing`, async () => {
    const live = await guarded(copy, ways, undefined);
    const off = await guarded(copy, ways, 'replay', { guard: 'off' });
    assert.is(off.requests, live.requests);
    assert.is(off.stderr, '');
  });

  check(
    `${copy}: what "passthrough" names may go, in replay too, also through a proxy’s tunnel`,
    async () => {
      for (const passthrough of ['loopback', '127.0.0.1']) {
        const { story, stderr, requests } = await guarded(copy, ways, 'replay', { passthrough });
        assert.ok(requests > 0);
        assert.not.ok(
          outcomes(story).some((outcome) => outcome?.code !== undefined),
          JSON.stringify(story),
        );
        assert.is(stderr, '');
      }
    },
  );
}

for (const copy of ['undici6', 'undici']) {
  test(`${copy}: a proxy agent may make the tunnel for what may go, and for nothing else`, async () => {
    const named = await guarded(copy, ['ProxyAgent'], 'replay', (url) => ({ passthrough: `${url}/proxied` }));
    assert.is(named.story.ProxyAgent, 'GET /proxied', JSON.stringify(named.story));
    const other = await guarded(copy, ['ProxyAgent'], 'replay', (url) => ({ passthrough: `${url}/other` }));
    assert.is((other.story.ProxyAgent as Outcome).code, 'ERR_REQUEST_NOT_BROKERED');
    assert.is(other.bytes, 0);
  });
}

test('guard "error" stops while recording as well, and "warn" lets go in replay', async () => {
  const stopped = await guarded('undici', ['request'], 'record', { guard: 'error' });
  assert.is((stopped.story.request as Outcome).code, 'ERR_REQUEST_NOT_BROKERED');
  assert.is(stopped.bytes, 0);
  const warned = await guarded('undici', ['request'], 'replay', { guard: 'warn' });
  assert.match(String(warned.story.request), /^GET \/request/);
  assert.match(
    warned.stderr,
    /^interposition: GET http:\S+\/request\?token=REDACTED was not brokered\..*\n$/,
  );
});

test('the error names the request without its secrets, and says how to bring it in', async () => {
  const { story } = await guarded('undici', ['request'], 'replay');
  const { code, message } = story.request as Outcome;
  assert.is(code, 'ERR_REQUEST_NOT_BROKERED');
  assert.not.match(message, /s3cr3t/);
  assert.match(message, /could not be hooked.*Let the program import undici as a package.*interpose\(\)/);
});

test('what a rule of "passthrough" throws fails the request, and nothing else', async () => {
  const up = await servers();
  const uncaught: unknown[] = [];
  const onUncaught = (error: unknown) => uncaught.push(error);
  process.on('uncaughtException', onUncaught);
  const passthrough = () => {
    throw new Error('in the rule');
  };
  const interposition = await installInterposition('record', { store: emptyStore(), passthrough });
  try {
    const error = await rejection(fetch(up.api.url, { dispatcher: new BuiltInAgent() } as never));
    assert.is((error.cause as Error).message, 'in the rule');
    assert.is(up.bytes(), 0);
  } finally {
    await interposition.uninstall();
    await up.close();
    process.off('uncaughtException', onUncaught);
  }
  assert.equal(uncaught, []);
});

test('a global dispatcher of a copy that no hook saw is stopped once, then it is brokered', async () => {
  const recorded = await guarded('undici', ['global dispatcher'], 'record');
  assert.equal(recorded.story['global dispatcher'], ['GET /first', 'GET /second']);
  assert.match(recorded.stderr, /GET http:\S+\/first was not brokered\..*has set a global dispatcher/);
  const replayed = await guarded('undici', ['global dispatcher'], 'replay');
  assert.equal(
    outcomes(replayed.story).map(({ code }) => code),
    ['ERR_REQUEST_NOT_BROKERED', 'ERR_INTERACTION_NOT_FOUND'],
  );
  assert.is(replayed.bytes, 0);
});

test.run();
