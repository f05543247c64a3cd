import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { startApiServers } from './api-servers.js';
import { CLIENTS, MISS } from './clients.js';
import { differences, type Json } from './compare.js';
import { installClients } from './packages.js';
import { type Run, type Story, tell } from './story.js';

const AT_ONCE = 3;
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

function assertSame(live: Run, now: Run, excepted: readonly string[] = []): void {
  const without = ({ seen, noticed }: Run): Json => ({
    seen: Object.fromEntries(
      Object.entries(seen).map(([name, scenarios]) => [
        name,
        Object.fromEntries(Object.entries(scenarios).filter(([title]) => !excepted.includes(title))),
      ]),
    ),
    noticed,
  });
  const found = differences(without(live), without(now), '');
  if (found.length > 0) throw new Error(`${found.length} differences\n${found.slice(0, 30).join('\n')}`);
}

/** How many brokered requests had this outcome. */
function count(outcome: 'HIT' | 'MISS', { stderr }: Run): number {
  return stderr.split('\n').filter((line) => line.includes(`: ${outcome} `)).length;
}

for (const client of CLIENTS) {
  const { name, node = 0, fails = {} } = client;
  const reason = missing ?? `it needs Node ${node}`;
  const runs = missing === undefined && nodeMajor >= node;
  const here = test.skipUnless(runs, reason);
  const story = runs && servers ? inTurn(() => tell([client], servers)) : undefined;
  // Each test looks at the outcome itself; until then a failure must not count as unhandled.
  story?.catch(() => {});

  here(`${name} sees the same while it is recorded`, async () => {
    const { live, record } = await (story as Promise<Story>);
    assertSame(live, record);
  });

  here(`${name} sees the same in replay, and nothing is sent`, async () => {
    const { live, replay, recorded, connectionsInReplay } = await (story as Promise<Story>);
    assertSame(live, replay, Object.keys(fails));
    for (const [title, code] of Object.entries(fails)) {
      assert.match(JSON.stringify(replay.seen[name]?.[title]), code, title);
    }
    assert.is(connectionsInReplay, 0);
    // As many requests as the server counted, retries and redirects among them, and each is answered.
    const failed = Object.values(fails);
    assert.is(count('MISS', replay), failed.filter((code) => code === MISS).length);
    assert.is(count('HIT', replay), recorded - failed.length);
  });
}

test.run();
