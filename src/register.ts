import { InterpositionError } from './core/errors.js';
import { installInterposition } from './install.js';
import { endReport } from './report-file.js';

// The preload: `node --import interposition/register app.js`. Its settings come from the environment and the config file.
try {
  await installInterposition();
} catch (error) {
  if (!(error instanceof InterpositionError)) {
    throw error;
  }
  process.stderr.write(`interposition: ${error.message}\n`);
  endReport();
  process.exit(1);
}
