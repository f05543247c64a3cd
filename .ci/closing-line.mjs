// closing-line.mjs <tally file> <failed steps>: the last line of a CI run.
import { addUp, closingLine } from './tally.mjs';

const [file, failedSteps] = process.argv.slice(2);
const total = addUp(file);
// A failed test step has already counted its failures; any other failed step counts as one.
if (total.failed === 0) total.failed = Number(failedSteps);
process.stdout.write(`${closingLine(total)}\n`);
