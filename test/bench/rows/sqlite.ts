import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Bench } from '../bench.js';
import { plainEnvironment } from '../processes/plain-environment.js';
import type { Sample } from '../tasks/task.js';
import { trafficOf } from '../traffic/traffic.js';
import { figureOf, OURS } from './figures.js';
import type { Measured, Row } from './row.js';

type Interposition = typeof import('../../../src/index.js');
type Sqlite = typeof import('../../../src/stores/sqlite.js');

interface Samples {
  readonly opening: Sample;
  readonly lookUp: Sample;
}

const ROUNDS = 15;
const LIMIT_NS = 50e6;
const A_SAVE = 1_000;
const ORIGIN = 'http://bench.example';
const PACKAGE: string = 'interposition';
const run = promisify(execFile);
const program = fileURLToPath(new URL('../processes/sqlite-program.js', import.meta.url));

/** What it takes until the first answer of a database, however large it is. */
export const sqliteOpening: Row = {
  name: 'sqlite-opening',
  title: 'opening SQLite with 100,000 × 2 KB and answering once, less opening an empty one / 50 ms',
  goal: { atMost: 1 },
  unit: 'clock',
  measure: (bench) => compare(bench, 'opening', 0, (large = 0, empty = 0) => (large - empty) / LIMIT_NS),
};

/** What it takes to find one. */
export const sqliteLookUp: Row = {
  name: 'sqlite-look-up',
  title: 'a first look-up in SQLite: of 100,000 × 2 KB / of 1,000',
  goal: { atMost: 1.25 },
  unit: 'clock',
  measure: (bench) => compare(bench, 'lookUp', 1_000, (large = 0, small = 0) => large / small),
};

async function compare(
  bench: Bench,
  what: keyof Samples,
  other: number,
  formula: (...values: number[]) => number,
): Promise<Measured> {
  const sizes = [bench.size(100_000), other];
  const series = sizes.map((): Sample[] => []);
  const files = await Promise.all(
    sizes.map((size) => bench.once(`sqlite-${size}`, () => fill(join(bench.folder, `${size}.db`), size))),
  );
  for (let round = 0; round < (bench.short ? 1 : ROUNDS); round++) {
    for (const [at, size] of sizes.entries()) {
      const args = [program, files[at] as string, String(size), ORIGIN];
      const { stdout } = await run(process.execPath, args, { env: plainEnvironment(), timeout: 60_000 });
      series[at]?.push((JSON.parse(stdout) as Samples)[what]);
    }
  }
  const times = series.map((rounds) => ({ rounds }));
  return new Map([[OURS, figureOf(times, 'clock', formula)]]);
}

/** Makes a database of so many recordings. */
async function fill(file: string, size: number): Promise<string> {
  const { Cassette, Interaction } = (await import(PACKAGE)) as Interposition;
  const { SqliteCassetteStore } = (await import(`${PACKAGE}/stores/sqlite`)) as Sqlite;
  const store = new SqliteCassetteStore(file, { createIfMissing: true });
  const { exchange } = trafficOf('get-2k');
  let cassette = new Cassette();
  await store.save(cassette);
  for (let index = 0; index < size; ) {
    const before = cassette;
    for (const end = Math.min(size, index + A_SAVE); index < end; index++) {
      const { method, path, status, headers, body } = exchange(index);
      cassette = cassette.append(
        new Interaction({
          request: {
            protocol: 'http',
            action: method,
            target: `${ORIGIN}${path}`,
            headers: [['accept', 'application/json']],
            body: new Uint8Array(),
          },
          responseChunks: [
            {
              data: body,
              sequence: 0,
              metadata: [
                ['status_code', String(status)],
                ...headers.map(([name, value]) => [`header:${name}`, value] as const),
              ],
            },
          ],
          metadata: [
            ['session', 'bench'],
            ['lane', '1'],
            ['order', String(index)],
          ],
        }),
      );
    }
    await store.save(cassette, before);
  }
  await store.flush();
  return file;
}
