import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { repoRoot } from '../support/paths.js';
import { Bench } from './bench.js';
import { describeMachine } from './machine.js';
import { startUpstream } from './processes/upstream-process.js';
import { type Result, toMarkdown } from './report/markdown.js';
import { ROWS } from './rows/rows.js';

// npm run bench -- [--short] [--rows <part of a name>,…]

const { values: options } = parseArgs({
  options: { short: { type: 'boolean', default: false }, rows: { type: 'string', default: '' } },
});
const wanted = options.rows.split(',');
const rows = ROWS.filter(({ name }) => wanted.some((part) => name.includes(part)));

const folder = mkdtempSync(join(tmpdir(), 'interposition-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(1));
}

const machine = describeMachine();
const results: Result[] = [];
const upstream = await startUpstream();
try {
  const bench = new Bench({ short: options.short, origin: upstream.origin, folder });
  for (const row of rows) {
    const started = performance.now();
    try {
      results.push({ row, measured: await row.measure(bench) });
      process.stderr.write(`ok   ${row.name} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`);
    } catch (error) {
      process.stderr.write(`FAIL ${row.name}: ${(error as Error).message}\n`);
      process.exitCode = 1;
    }
  }
} finally {
  await upstream.stop();
}

const markdown = toMarkdown(results, machine);
const output = join(repoRoot, 'bench-output');
mkdirSync(output, { recursive: true });
writeFileSync(join(output, `node-${process.versions.node}.md`), markdown);
process.stdout.write(`\n${markdown}\nWritten to ${relative('.', output)}.\n`);
