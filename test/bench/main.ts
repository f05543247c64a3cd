import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { repoRoot } from '../support/paths.js';
import { Bench } from './bench.js';
import { describeMachine } from './machine.js';
import { startUpstream } from './processes/upstream-process.js';
import { toJson } from './report/json.js';
import { toMarkdown } from './report/markdown.js';
import { toPlot } from './report/plot.js';
import { toText } from './report/terminal.js';
import { LEGEND, machineText, type Result } from './report/text.js';
import type { Row } from './rows/row.js';
import { ROWS } from './rows/rows.js';

// npm run bench -- [--short] [--rows <parts of names, with commas>]
//
// --short: as little as shows that everything works. --rows: only those. The result goes to bench-output/.

const { values: options } = parseArgs({
  options: { short: { type: 'boolean', default: false }, rows: { type: 'string', default: '' } },
});

const load = () => loadavg()[0] ?? 0;
const before = load();
const results = await measureAll(rowsNamed(options.rows.split(',')));
const machine = describeMachine({ before, after: load() });
process.stdout.write(`${machineText(machine)}\n${LEGEND}\n`);
if (!options.short) {
  write(machine.node);
}

function rowsNamed(parts: readonly string[]): readonly Row[] {
  const rows = ROWS.filter(({ name }) => parts.some((part) => name.includes(part)));
  if (rows.length === 0) {
    throw new Error(`--rows: there are ${ROWS.map(({ name }) => name).join(', ')}`);
  }
  return rows;
}

/** A row that cannot be measured, as where an answer is wrong, fails the bench; the others go on. */
async function measureAll(rows: readonly Row[]): Promise<Result[]> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'interposition-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => process.exit(1));
  }
  const upstream = await startUpstream();
  const bench = new Bench({ short: options.short, origin: upstream.origin, folder });
  const results: Result[] = [];
  for (const row of rows) {
    try {
      const result = { row, measured: await row.measure(bench) };
      results.push(result);
      process.stdout.write(`${toText(result)}\n`);
    } catch (error) {
      process.stdout.write(`FAIL ${row.name}: ${error instanceof Error ? error.stack : error}\n\n`);
      process.exitCode = 1;
    }
  }
  await upstream.stop();
  return results;
}

function write(node: string): void {
  const output = join(repoRoot, 'bench-output');
  mkdirSync(output, { recursive: true });
  const files = {
    md: toMarkdown(results, machine),
    json: toJson(results, machine),
    svg: toPlot(results, machine),
  };
  for (const [extension, content] of Object.entries(files)) {
    if (content !== undefined) {
      const file = join(output, `node-${node}.${extension}`);
      writeFileSync(file, content);
      process.stdout.write(`${relative('.', file)}\n`);
    }
  }
}
