import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, utimesSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { type Cassette, type Interaction, JsonFileCassetteStore } from '../src/index.js';
import { killsFor } from './support/kills.js';
import { registerUrl, repoRoot } from './support/paths.js';
import { seededRandom, seedOfRun } from './support/seeded-random.js';
import { suite } from './support/suite.js';
import { tempFolder } from './support/temp-folder.js';

const test = suite('a recording program that is killed');

const KILLS = killsFor(0.4);
const AT_ONCE = 2;
/** After so many kills a growing cassette gives way to a new one, so that it does not become the whole test. */
const KILLS_A_CASSETTE = 10;
const LONGEST_LIFE_MS = 120;

const program = join(repoRoot, 'fixtures/programs/kill/fetch-for-ever.mjs');
const folder = tempFolder();
const seed = seedOfRun();
const random = seededRandom(seed);
const server = createServer((request, response) => answer(String(request.url), response));

/** An answer that the program had read to its end. */
interface Note {
  readonly kind: 'json' | 'chunked' | 'redirect' | 'empty' | 'head';
  readonly id: string;
  readonly status: number;
  readonly text: string;
}

function answer(url: string, response: ServerResponse): void {
  const [, kind, id] = url.split('/');
  if (kind === 'json') {
    const body = JSON.stringify({ id, values: [1, 2, 3] });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  } else if (kind === 'chunked') {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write(`first of ${id}\n`);
    setImmediate(() => response.end(`last of ${id}\n`));
  } else if (kind === 'redirect') {
    response.writeHead(302, { location: `/landed/${id}` }).end('moved');
  } else if (kind === 'landed') {
    response.end(`landed ${id}`);
  } else {
    response.writeHead(kind === 'empty' ? 204 : 200, { 'x-id': id }).end();
  }
}

test.before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

test.after(() => {
  server.close();
  server.closeAllConnections();
});

/** Lets the program record, and kills it. Gives what it had read to the end by then. */
async function recordAndKill(run: number, cassette: string, lifeMs: number): Promise<readonly Note[]> {
  const notes = join(folder, `${run}.notes`);
  const { port } = server.address() as AddressInfo;
  const child = spawn(
    process.execPath,
    ['--import', registerUrl, program, `http://127.0.0.1:${port}`, String(run), notes],
    {
      env: { ...process.env, INTERPOSITION_MODE: 'record', INTERPOSITION_CASSETTE: cassette },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  await Promise.race([once(child.stdout, 'data'), exited]);
  await after(lifeMs);
  child.kill('SIGKILL');
  const [code, signal] = await exited;
  assert.is(signal, 'SIGKILL', `run ${run} ended by itself with ${code}: ${stderr}`);
  return readFileSync(notes, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Note);
}

function recorded(cassette: Cassette): ReadonlyMap<string, Interaction> {
  return new Map(
    cassette.interactions
      .filter(({ recording }) => !recording.truncated)
      .map((interaction) => [new URL(interaction.request.target).pathname, interaction]),
  );
}

/** What of a note's answer the cassette lacks; undefined where it is all there. */
function missing(note: Note, whole: ReadonlyMap<string, Interaction>): string | undefined {
  const { kind, id, status, text } = note;
  if (kind === 'redirect' && whole.get(`/redirect/${id}`) === undefined) {
    return `the redirect ${id}`;
  }
  const found = whole.get(`/${kind === 'redirect' ? 'landed' : kind}/${id}`);
  const body = Buffer.concat((found?.responseChunks ?? []).map(({ data }) => data)).toString();
  const code = found?.responseChunks[0]?.metadata.find(([name]) => name === 'status_code')?.[1];
  return body === text && code === String(status) ? undefined : `${kind} ${id}, found as ${code} "${body}"`;
}

test(`at ${KILLS} random moments: each cassette loads, and has what the program had read to the end`, async () => {
  const lives = Array.from({ length: KILLS }, () => random.below(LONGEST_LIFE_MS));
  const totals = { answers: 0, interactions: 0 };
  let next = 0;

  const killInTurn = async (lane: number): Promise<void> => {
    let growing = { file: '', kills: KILLS_A_CASSETTE, notes: [] as Note[] };
    for (let grows = false; next < KILLS; grows = !grows) {
      const run = next++;
      if (grows && growing.kills === KILLS_A_CASSETTE) {
        growing = { file: join(folder, `growing-${lane}-from-${run}.json`), kills: 0, notes: [] };
      }
      const file = grows ? growing.file : join(folder, `fresh-${run}.json`);
      const notes = await recordAndKill(run, file, lives[run] ?? 0);
      assert.ok(notes.length > 0, `run ${run} had read an answer when it was ready`);
      if (grows) {
        growing.kills++;
        growing.notes.push(...notes);
      }
      const cassette = await new JsonFileCassetteStore(file).load();
      const whole = recorded(cassette);
      const lost = (grows ? growing.notes : notes)
        .map((note) => missing(note, whole))
        .filter((one) => one !== undefined);
      assert.equal(lost, [], `run ${run}, killed after ${lives[run]} ms, lost answers; TEST_SEED=${seed}`);
      totals.answers += notes.length;
      totals.interactions += cassette.size;
    }
  };

  await Promise.all(Array.from({ length: AT_ONCE }, (_, lane) => killInTurn(lane)));
  process.stdout.write(
    `${KILLS} kills left ${litter().length} drafts and locks of saves behind: ${totals.answers} answers had been ` +
      `read to the end, and all are recorded; ${totals.interactions} interactions loaded\n`,
  );
});

function litter(): readonly string[] {
  return readdirSync(folder).filter((name) => !/\.(?:json|notes)$/.test(name));
}

test('leaves no litter for longer than until a later save', async () => {
  const anHourAgo = new Date(Date.now() - 3_600_000);
  for (const name of litter()) {
    utimesSync(join(folder, name), anHourAgo, anHourAgo);
  }
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    const store = new JsonFileCassetteStore(join(folder, name));
    await store.save(await store.load());
  }
  assert.equal(litter(), []);
});

test.run();
