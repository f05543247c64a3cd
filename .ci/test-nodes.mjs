// Runs the compiled tests on the other Node versions, one after the other.
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installNodes } from './nodes.mjs';
import { addUp, closingLine } from './tally.mjs';

const runner = fileURLToPath(new URL('../.build/test/run.js', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'test-nodes-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

// What a kill leaves behind is the file system's doing, which is the same under each Node: `npm test` kills as often as
// it takes to trust that, and these see that it works here, too.
const kills = process.env.INTERPOSITION_KILLS ?? '60';

// What works on texts and bytes alone, or on the file system: `npm test` runs it on the oldest Node, this on the newest, and
// in between nothing of what it uses changes.
const SAME_ON_EACH = [
  'cli/bad-input',
  'cli/copy',
  'cli/export',
  'cli/help',
  'cli/import',
  'cli/ls-show',
  'cli/moving',
  'cli/repair',
  'cli/scan-redact',
  'cli/verify',
  'corpus-property',
  'demo',
  'docs',
  'formats/',
  'http/matching/',
  'http/misses/',
  'http/redaction/',
  'http/variables/',
  'look-up-property',
  'sigkill',
  'stores/key-value/contract',
  'stores/kills',
];

const asked = process.argv.slice(2);
const nodes = installNodes();
const total = { passed: 0, failed: 0, skipped: 0 };
for (const { major, binary } of nodes) {
  const tally = join(scratch, `${major}`);
  const isWhole = asked.length > 0 || major === nodes.at(-1).major;
  const filters = isWhole ? asked : SAME_ON_EACH.map((part) => `!${part}`);
  const { status } = spawnSync(binary, [runner, ...filters], {
    env: { ...process.env, INTERPOSITION_KILLS: kills, TEST_TALLY_FILE: tally },
    stdio: 'inherit',
  });
  const run = addUp(tally);
  if (status !== 0 && run.failed === 0) run.failed = 1;
  for (const key of Object.keys(total)) total[key] += run[key];
}

if (process.env.TEST_TALLY_FILE) appendFileSync(process.env.TEST_TALLY_FILE, `${JSON.stringify(total)}\n`);
process.stdout.write(`All Node versions: ${closingLine(total)}\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
