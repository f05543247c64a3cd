import { once } from 'node:events';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import { newCassette, runProgram } from './adapters/undici/programs.js';
import { ContractServer } from './contract/adapter-server.js';
import { echoUpgraded, loopback } from './support/loopback.js';
import { suite } from './support/suite.js';

const test = suite('a program that meets bad servers, and asks badly');

const HOPS = 300;

const routes = new ContractServer();
let asked = 0;
const server = await loopback((request, response) => {
  const [, first, hop] = (request.url ?? '').split('/');
  if (first === 'fail-now') {
    routes.failNow();
    response.end();
    return;
  }
  asked++;
  if (first === 'hop' && Number(hop) === HOPS) {
    response.end('there');
  } else if (first === 'hop') {
    const next = Number.isNaN(Number(hop)) ? hop : Number(hop) + 1;
    response.writeHead(302, { location: `/hop/${next}` }).end('moved');
  } else {
    routes.listener(request, response);
  }
});
echoUpgraded(server.server);

const pushing = createHttp2Server().on('stream', (stream) => {
  stream.respond({ ':status': 200 });
  stream.pushStream({ ':path': '/pushed' }, (error, push) => {
    if (error === null) {
      push.respond({ ':status': 200 });
      push.end('pushed');
    }
    stream.end('asked for');
  });
});
pushing.listen(0, '127.0.0.1');
await once(pushing, 'listening');
const PUSHING_URL = `http://127.0.0.1:${(pushing.address() as AddressInfo).port}`;
test.after(async () => {
  pushing.close();
  await server.close();
});

interface Failure {
  readonly name: string;
  readonly cause?: Failure;
}

interface Outcome {
  readonly error?: Failure;
}

interface Told {
  readonly seen: Readonly<Record<string, Outcome>>;
  readonly uncaught: readonly unknown[];
  readonly outlived: boolean;
}

async function tell(preload?: Parameters<typeof runProgram>[2], options: object = {}): Promise<Told> {
  // Of a body that is sent when its answer is read nobody knows before; in record that is no matter.
  const bodyWait = preload?.mode === 'record' ? 60_000 : 100;
  const all = { redact: false, bodyWait, ...options };
  const environment = { PUSHING_URL, INTERPOSITION_OPTIONS: JSON.stringify(all) };
  const { printed, stderr } = await runProgram('bad-input.mjs', [server.url], preload, environment);
  assert.type(printed, 'object', stderr);
  return printed as Told;
}

const live = tell();
live.catch(() => {});

test('live it lives through all of it', async () => {
  const { uncaught, outlived } = await live;
  assert.equal([uncaught, outlived], [[], false]);
});

/** What it sees live, but for requests of which it gets an error of the library's own. */
async function expected(told: Told, errors: Readonly<Record<string, RegExp>>): Promise<Told> {
  const seen = { ...(await live).seen };
  for (const title of Object.keys(seen)) {
    const [, name] = Object.entries(errors).find(([part]) => title.includes(part)) ?? [];
    if (name !== undefined) {
      const outcome = told.seen[title] ?? {};
      assert.match(innermost(outcome)?.name ?? '', name, title);
      seen[title] = outcome;
    }
  }
  return { ...(await live), seen };
}

function innermost({ error }: Outcome): Failure | undefined {
  let found = error;
  while (found?.cause !== undefined) found = found.cause;
  return found;
}

for (const recordFailures of [false, true]) {
  test(`in record, recordFailures: ${recordFailures}, it sees the same, and ends by itself`, async () => {
    assert.equal(await tell({ mode: 'record', cassette: newCassette() }, { recordFailures }), await live);
  });

  test(`in auto, recordFailures: ${recordFailures}, it sees the same, and ends by itself`, async () => {
    const told = await tell({ mode: 'auto', cassette: newCassette() }, { recordFailures });
    assert.equal(told, await expected(told, { early: /^RequestBodyTimeoutError$/ }));
  });
}

async function replayed(recordFailures: boolean): Promise<Told> {
  const cassette = newCassette();
  await tell({ mode: 'record', cassette }, { recordFailures });
  const before = asked;
  const told = await tell({ mode: 'replay', cassette }, { recordFailures });
  assert.is(asked, before, 'replay sent something');
  return told;
}

const UNKNOWN = {
  early: /^RequestBodyTimeoutError$/,
  upgrade: /^UpgradeNotRecordedError$/,
  CONNECT: /^UpgradeNotRecordedError$/,
};

test('in replay, with recordFailures, it sees the same, and what is never recorded is a clear error', async () => {
  const told = await replayed(true);
  assert.equal(told, await expected(told, UNKNOWN));
});

test('in replay by default, what failed is a MISS, and it ends by itself', async () => {
  const told = await replayed(false);
  const failed = Object.entries((await live).seen).filter(([, { error }]) => error !== undefined);
  const misses = failed
    .map(([title]) => title)
    // These are refused before anybody is asked, or got an answer each time.
    .filter((title) => !/ header |^fetch loop/.test(title))
    .map((title) => [title, /^InteractionNotFoundError$/] as const);
  assert.equal(told, await expected(told, { ...UNKNOWN, ...Object.fromEntries(misses) }));
});

test.run();
