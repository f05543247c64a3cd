import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { startApiServers } from './api-servers.js';
import { CLIENTS, type Client, MISS } from './clients.js';
import { differences, type Json } from './compare.js';
import { installClients } from './packages.js';
import { type Run, type Story, tell } from './story.js';

const AT_ONCE = 4;
const nodeMajor = Number.parseInt(process.versions.node, 10);

const test = suite('clients from npm');
const missing = installClients();
const servers = missing === undefined ? startApiServers() : undefined;
test.after(() => servers?.close());

let free = AT_ONCE;
const queue: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (free > 0) free--;
  else await new Promise<void>((resolve) => queue.push(resolve));
  try {
    return await work();
  } finally {
    const next = queue.shift();
    if (next) next();
    else free++;
  }
}

/** Begins a story; the tests that it is for wait for it. */
function begin(clients: readonly Client[]): () => Promise<Story> {
  if (servers === undefined) {
    return () => Promise.reject(new Error('the clients are not installed'));
  }
  const story = inTurn(() => tell(clients, servers));
  // Each test looks at the outcome itself; until then a failure must not count as unhandled.
  story.catch(() => {});
  return () => story;
}

/** What a run saw, without what these clients cannot be shown in replay. */
function comparable({ seen, noticed }: Run, excepted: readonly Client[] = []): Json {
  const without = new Map(excepted.map(({ name, fails = {} }) => [name, Object.keys(fails)]));
  const kept = Object.entries(seen).map(([name, scenarios]) => {
    const left = Object.entries(scenarios).filter(([title]) => !without.get(name)?.includes(title));
    return [name, Object.fromEntries(left)];
  });
  return { seen: Object.fromEntries(kept), noticed };
}

function assertSame(live: Json, now: Json): void {
  const found = differences(live, now, '');
  if (found.length > 0) throw new Error(`${found.length} differences\n${found.slice(0, 30).join('\n')}`);
}

function assertRecorded({ live, record }: Story): void {
  assertSame(comparable(live), comparable(record));
}

function assertReplayed(
  { live, replay, recorded, connectionsInReplay }: Story,
  clients: readonly Client[],
): void {
  assertSame(comparable(live, clients), comparable(replay, clients));
  const failures = clients
    .flatMap(({ name, fails = {} }) =>
      Object.entries(fails).map(([title, error]) => ({ title, error, seen: replay.seen[name]?.[title] })),
    )
    .filter(({ seen }) => seen !== undefined);
  for (const { title, error, seen } of failures) {
    assert.match(JSON.stringify(seen), error, title);
  }
  assert.is(connectionsInReplay, 0);
  // As many requests as the server counted, retries and redirects among them, and each is answered.
  assert.is(count('MISS', replay), failures.filter(({ error }) => error === MISS).length);
  assert.is(count('HIT', replay), recorded - failures.length);
}

/** How many brokered requests had this outcome. */
function count(outcome: 'HIT' | 'MISS', { stderr }: Run): number {
  return stderr.split('\n').filter((line) => line.includes(`: ${outcome} `)).length;
}

const here = CLIENTS.filter(({ node = 0 }) => nodeMajor >= node);

for (const client of CLIENTS) {
  const { name, node } = client;
  const runs = missing === undefined && here.includes(client);
  const testHere = test.skipUnless(runs, missing ?? `it needs Node ${node}`);
  const story = runs ? begin([client]) : undefined;
  testHere(`${name} sees the same while it is recorded`, async () => {
    assertRecorded(await (story as () => Promise<Story>)());
  });
  testHere(`${name} sees the same in replay, and nothing is sent`, async () => {
    assertReplayed(await (story as () => Promise<Story>)(), [client]);
  });
}

const testAll = test.skipUnless(missing === undefined, missing ?? '');
// Node's own fetch, in one program with npm undicis, fails some of this client's POSTs without the library, too.
const together = here.filter(({ name }) => name !== 'stripe-fetch');
const all = begin(together);

testAll('all clients in one program, side by side, see the same', async () => {
  const story = await all();
  assertRecorded(story);
  assertReplayed(story, together);
});

testAll('a program of all clients ends by itself, as soon as live', async () => {
  const { live, record, replay } = await all();
  const timers = ({ left }: Run) => left.filter((resource) => resource === 'Timeout').length;
  for (const run of [record, replay]) {
    assert.is(run.outlived, live.outlived);
    assert.ok(timers(run) <= timers(live), `${run.left}, live ${live.left}`);
  }
  assert.not(replay.left.includes('TCPSocketWrap'), String(replay.left));
});

test.run();
