import { join } from 'node:path';
import type { Bench } from '../bench.js';
import type { Contender } from '../contenders/contender.js';
import { CONTENDERS } from '../contenders/contenders.js';
import { runProgram } from '../processes/run-program.js';
import type { Sample } from '../tasks/task.js';
import { figureOf, OURS } from './figures.js';
import type { Figure, Measured, Row } from './row.js';

const ROUNDS = 40;
const NOTHING = 'nothing';
const IMPORT_OF_UNDICI = 'import of undici';

/** What a library adds to the start of a program. */
export const startUp: Row = {
  name: 'start-up',
  title:
    "start-up of `--import interposition/register` over an empty program / `import 'undici'` over an empty program",
  goal: { atMost: 1.2 },
  unit: 'clock',
  measure,
};

async function measure(bench: Bench): Promise<Measured> {
  const folder = await bench.recordingsOf(OURS, { traffic: 'get-1k', client: 'fetch', count: 1 });
  const environment = {
    INTERPOSITION_MODE: 'replay',
    INTERPOSITION_CASSETTE: join(folder, 'cassette.json'),
  };
  const programs = new Map<string, readonly string[]>([
    [NOTHING, []],
    [IMPORT_OF_UNDICI, [import.meta.resolve('undici')]],
  ]);
  for (const { name, imports } of CONTENDERS as readonly Contender[]) {
    if (imports !== undefined) {
      programs.set(
        name,
        imports.map((specifier) => import.meta.resolve(specifier)),
      );
    }
  }
  const times = await race(programs, environment, bench.short ? 1 : ROUNDS);
  const measured = new Map<string, Figure>();
  for (const name of programs.keys()) {
    const figure = figureOf(
      [times.get(NOTHING), times.get(IMPORT_OF_UNDICI), times.get(name)],
      'clock',
      (nothing = 0, undici = 0, own = 0) => (own - nothing) / (undici - nothing),
    );
    measured.set(name, figure);
  }
  measured.delete(NOTHING);
  return measured;
}

async function race(
  programs: ReadonlyMap<string, readonly string[]>,
  environment: NodeJS.ProcessEnv,
  rounds: number,
): Promise<ReadonlyMap<string, { readonly rounds: Sample[] } | { readonly unable: string }>> {
  const times = new Map<string, { readonly rounds: Sample[] } | { readonly unable: string }>();
  for (const [name, imports] of programs) {
    try {
      // The first one finds no file in memory.
      await runProgram(imports, environment);
      times.set(name, { rounds: [] });
    } catch (error) {
      times.set(name, { unable: `does not start: ${(error as Error).message}` });
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const [name, imports] of programs) {
      const own = times.get(name);
      if (own !== undefined && 'rounds' in own) {
        own.rounds.push(await runProgram(imports, environment));
      }
    }
  }
  return times;
}
