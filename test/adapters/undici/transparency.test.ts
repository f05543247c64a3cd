import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { type SeenRequest, startExchangeServer } from '../../support/exchange-server.js';
import { HANG_MS } from '../../support/hang.js';
import { registerUrl, repoRoot } from '../../support/paths.js';
import { suite } from '../../support/suite.js';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

interface Exchange {
  readonly name: string;
  readonly result: Json;
  /** Passes through while recording and is an error in replay. */
  readonly liveOnly?: boolean;
  /** Why replay shows something else than the live run. */
  readonly replayDiffers?: string;
  /** In replay it is a MISS, because a failure of the upstream is not recorded. */
  readonly replayMiss?: boolean;
}

interface Run {
  readonly exchanges: readonly Exchange[];
  readonly seen: readonly SeenRequest[];
}

interface Pairing {
  readonly client: 'builtin' | 'undici6' | 'undici7' | 'undici8';
  /** When the program loads undici: first of all, after its first fetches, or even before the preload. */
  readonly order: 'before' | 'after' | 'preloaded';
}

interface Story {
  readonly live: Run;
  readonly record: Run;
  readonly replay: readonly Exchange[];
  readonly requestsInReplay: number;
}

interface Difference {
  readonly path: string;
  readonly expected: Json | undefined;
  readonly actual: Json | undefined;
}

const AT_ONCE = 3;
const PACKAGES = { undici6: 'undici6', undici7: 'undici', undici8: 'undici8' } as const;
const nodeMajor = Number(process.versions.node.split('.')[0]);
const folder = join(repoRoot, 'fixtures/programs/exchanges');

/** Aborted in the turn that sends it: whether the server gets to see it is up to the socket. */
const RACES = /aborted-in-the-same-turn$/;

function runProgram(
  { client, order }: Pairing,
  url: string,
  env: NodeJS.ProcessEnv,
): Promise<readonly Exchange[]> {
  const imports: string[] = [];
  if (order === 'preloaded' && client !== 'builtin') {
    imports.push('--import', `${pathToFileURL(join(folder, 'preload.mjs')).href}?client=${PACKAGES[client]}`);
  }
  if (env.INTERPOSITION_MODE) imports.push('--import', registerUrl);
  const args = [...imports, join(folder, 'main.mjs'), url, client, order];
  const options = { env: cleanEnvironment(env), timeout: HANG_MS, maxBuffer: 64 * 1024 * 1024 };

  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const ending = error?.killed ? `none within ${HANG_MS} ms` : (error?.code ?? 0);
      try {
        const exchanges = JSON.parse(stdout) as readonly Exchange[];
        resolve([...exchanges, { name: 'the end of the process', result: ending }]);
      } catch {
        const mode = env.INTERPOSITION_MODE ?? 'live';
        reject(new Error(`${client}, ${order}, ${mode}: no report; end: ${ending}\n${stderr}`));
      }
    });
  });
}

function cleanEnvironment(extra: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(INTERPOSITION_|NODE_OPTIONS$)/.test(name),
  );
  return { ...Object.fromEntries(inherited), ...extra };
}

async function tell(pairing: Pairing): Promise<Story> {
  const scratch = await mkdtemp(join(tmpdir(), 'transparency-'));
  // What is redacted is not what it was live, by intent.
  const options = { redact: false };
  const cassette = { INTERPOSITION_CASSETTE: join(scratch, 'cassette.json') };
  try {
    const liveServer = await startExchangeServer();
    const live = await runProgram(pairing, liveServer.url, {}).finally(() => liveServer.close());

    const server = await startExchangeServer();
    const record = await runProgram(pairing, server.url, {
      ...cassette,
      INTERPOSITION_MODE: 'record',
      INTERPOSITION_OPTIONS: JSON.stringify(options),
    }).finally(() => server.close());

    const requests = server.requests();
    const replay = await runProgram(pairing, server.url, {
      ...cassette,
      INTERPOSITION_MODE: 'replay',
      // One exchange keeps its request body open until it is answered.
      INTERPOSITION_OPTIONS: JSON.stringify({ ...options, bodyWait: 500 }),
    });
    return {
      live: { exchanges: live, seen: await liveServer.close() },
      record: { exchanges: record, seen: await server.close() },
      replay,
      requestsInReplay: server.requests() - requests,
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function isTree(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null;
}

function compare(expected: Json | undefined, actual: Json | undefined, path: string): readonly Difference[] {
  if (Object.is(expected, actual)) return [];
  if (!isTree(expected) || !isTree(actual) || Array.isArray(expected) !== Array.isArray(actual)) {
    return [{ path, expected, actual }];
  }
  // An error in the place of an outcome is one difference, not one for each of its fields.
  if ('error' in expected !== 'error' in actual) return [{ path, expected, actual }];
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  return [...keys].flatMap((key) => compare(expected[key], actual[key], `${path} › ${key}`));
}

function show({ path, expected, actual }: Difference): string {
  const brief = (value: Json | undefined): string => (JSON.stringify(value) ?? 'nothing').slice(0, 400);
  return `${path}\n    live:   ${brief(expected)}\n    now:    ${brief(actual)}`;
}

function mustBeNone(differences: readonly string[], title: string): void {
  if (differences.length === 0) return;
  const shown = differences.slice(0, 40).map((difference) => `  ${difference}`);
  if (differences.length > shown.length) shown.push(`  … and ${differences.length - shown.length} more`);
  assert.unreachable(`${title}: ${differences.length} differences\n${shown.join('\n')}`);
}

function byName(exchanges: readonly Exchange[]): ReadonlyMap<string, Exchange> {
  return new Map(exchanges.map((exchange) => [exchange.name, exchange]));
}

/** Requests of one run that the other run's server did not see, each as often as it is missing. */
function unmatched(these: readonly SeenRequest[], those: readonly SeenRequest[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const line of those.map((seen) => JSON.stringify(seen))) counts.set(line, (counts.get(line) ?? 0) + 1);
  return these
    .filter((seen) => !RACES.test(seen.url))
    .map((seen) => JSON.stringify(seen))
    .filter((line) => {
      const left = counts.get(line) ?? 0;
      counts.set(line, left - 1);
      return left <= 0;
    });
}

function replayFault(live: Exchange, replayed: Json): readonly string[] {
  const { name, liveOnly, replayDiffers, replayMiss } = live;
  const text = JSON.stringify(replayed);
  if (hangs(replayed) && !hangs(live.result)) return [`${name}: hangs`];
  if (liveOnly && !text.includes('"error"')) return [`${name}: no error, but ${text.slice(0, 300)}`];
  if (replayMiss && !text.includes('ERR_INTERACTION_NOT_FOUND')) {
    return [`${name}: not a MISS (${replayDiffers}), but ${text.slice(0, 300)}`];
  }
  return [];
}

function hangs(result: Json): boolean {
  return JSON.stringify(result).includes('"HUNG"');
}

function hasExceptions({ liveOnly, replayDiffers }: Exchange): boolean {
  return liveOnly === true || replayDiffers !== undefined;
}

let slots = AT_ONCE;
const queue: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (slots > 0) slots--;
  else await new Promise<void>((resolve) => queue.push(resolve));
  try {
    return await work();
  } finally {
    const next = queue.shift();
    if (next) next();
    else slots++;
  }
}

const pairings: readonly Pairing[] = [
  { client: 'builtin', order: 'before' },
  ...(['undici6', 'undici7', 'undici8'] as const).flatMap((client) =>
    (['before', 'after', 'preloaded'] as const).map((order) => ({ client, order })),
  ),
];

const test = suite('undici adapter: transparency');

for (const pairing of pairings) {
  const label =
    pairing.client === 'builtin' ? 'built-in fetch' : `${pairing.client}, loaded ${pairing.order}`;
  const runs = pairing.client !== 'undici8' || nodeMajor > 20;
  const testHere = test.skipUnless(runs, 'undici 8 does not load on Node 20');
  const story = runs ? inTurn(() => tell(pairing)) : undefined;
  // Each test looks at the outcome itself; until then a failure must not count as unhandled.
  story?.catch(() => {});

  testHere(`${label}: recording changes nothing that the program sees`, async () => {
    const { live, record } = await (story as Promise<Story>);
    assert.ok(live.exchanges.length > 55, `${live.exchanges.length} exchanges`);
    assert.equal(
      record.exchanges.map(({ name }) => name),
      live.exchanges.map(({ name }) => name),
    );
    const recorded = byName(record.exchanges);
    mustBeNone(
      live.exchanges
        .flatMap(({ name, result }) => compare(result, recorded.get(name)?.result, name))
        .map(show),
      `${label}, record against live`,
    );
  });

  testHere(`${label}: recording changes nothing that the server sees`, async () => {
    const { live, record } = await (story as Promise<Story>);
    mustBeNone(
      [
        ...unmatched(live.seen, record.seen).map((line) => `only live: ${line}`),
        ...unmatched(record.seen, live.seen).map((line) => `only recording: ${line}`),
      ],
      `${label}, what reached the server`,
    );
  });

  testHere(`${label}: replay shows the same without the server`, async () => {
    const { live, replay, requestsInReplay } = await (story as Promise<Story>);
    const replayed = byName(replay);
    mustBeNone(
      live.exchanges.flatMap((exchange) => {
        const { name, result } = exchange;
        const again = replayed.get(name)?.result ?? null;
        if (hasExceptions(exchange)) return replayFault(exchange, again);
        return compare(result, again, name).map(show);
      }),
      `${label}, replay against live`,
    );
    assert.is(requestsInReplay, 0);
  });
}

test.run();
