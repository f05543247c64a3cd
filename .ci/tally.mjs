import { existsSync, readFileSync } from 'node:fs';

/** Adds up the lines that test runs appended to their TEST_TALLY_FILE. */
export function addUp(file) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  if (!existsSync(file)) return sum;
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const run = JSON.parse(line);
    for (const key of Object.keys(sum)) sum[key] += run[key];
  }
  return sum;
}

export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
