import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import { JsonFileCassetteStore } from '../../src/index.js';
import { SqliteCassetteStore } from '../../src/stores/sqlite.js';
import { killsFor } from '../support/kills.js';
import { libraryUrl, repoRoot } from '../support/paths.js';
import { seededRandom, seedOfRun } from '../support/seeded-random.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

const test = suite('processes that are killed while they save');

/** After so many rounds a file gives way to a new one, so that its growth does not become the whole test. */
const ROUNDS_A_FILE = 5;
const LONGEST_LIFE_MS = 40;

const program = join(repoRoot, 'fixtures/programs/kill/save-for-ever.mjs');
const folder = tempFolder();
const seed = seedOfRun();
const random = seededRandom(seed);
let processes = 0;

interface Saving {
  readonly child: ChildProcess;
  readonly notes: string;
  readonly ready: Promise<unknown>;
  readonly exited: Promise<unknown>;
}

function start(file: string, kind: string): Saving {
  const id = `p${++processes}`;
  const notes = join(folder, `${id}.notes`);
  const child = spawn(process.execPath, [program, libraryUrl, file, notes, id, kind], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  return { child, notes, exited, ready: Promise.race([once(child.stdout, 'data'), exited]) };
}

/** The names that were acknowledged. A kill may have cut off the last one's line. */
function acknowledged(notes: string): readonly string[] {
  return existsSync(notes) ? readFileSync(notes, 'utf8').split('\n').slice(0, -1) : [];
}

/** What of the acknowledged names the file lacks, and what it has twice. */
async function faults(file: string, names: readonly string[]): Promise<readonly string[]> {
  const store = file.endsWith('.db')
    ? new SqliteCassetteStore(file, { createIfMissing: true })
    : new JsonFileCassetteStore(file, { createIfMissing: true, warn: () => {} });
  const targets = (await store.load()).interactions.map(({ request }) => request.target);
  await store.flush();
  const found = new Set(targets);
  return [
    ...names.filter((name) => !found.has(`http://x/${name}`)).map((name) => `${name} is missing`),
    ...targets.filter((target, index) => targets.indexOf(target) !== index).map((name) => `${name} is twice`),
  ];
}

for (const [what, share, kinds, extension = 'json'] of [
  ['one that appends', 0.06, ['append']],
  ['two that take the lock from each other', 0.06, ['append', 'append']],
  ['one that saves several at once', 0.12, ['group']],
  ['one that appends and rewrites', 0.12, ['rewrite']],
  ['four that share a file', 0.14, ['append', 'group', 'rewrite', 'append']],
  ['four that share a database', 0.1, ['append', 'group', 'rewrite', 'append'], 'db'],
] as const) {
  const rounds = Math.ceil(killsFor(share) / kinds.length);
  const kills = rounds * kinds.length;
  test(`${what}, ${kills} kills: what was acknowledged is there, once`, async () => {
    let [file, total, names] = ['', 0, [] as string[]];
    for (let round = 0; round < rounds; round++) {
      if (round % ROUNDS_A_FILE === 0) {
        file = join(folder, `${what.replaceAll(' ', '-')}-${round}.${extension}`);
        names = [];
      }
      const all = kinds.map((kind) => start(file, kind));
      await Promise.all(all.map(({ ready }) => ready));
      await Promise.all(
        all.map(async ({ child, exited, notes }) => {
          await after(random.below(LONGEST_LIFE_MS));
          child.kill('SIGKILL');
          await exited;
          assert.is(child.signalCode, 'SIGKILL', 'it did not end by itself');
          const noted = acknowledged(notes);
          names.push(...noted);
          total += noted.length;
        }),
      );
      assert.equal(await faults(file, names), [], `after ${round + 1} rounds; TEST_SEED=${seed}`);
    }
    assert.ok(total > 0, 'something was acknowledged');
    process.stdout.write(`${kills} kills: ${total} acknowledged interactions, all there\n`);
  });
}

test.run();
