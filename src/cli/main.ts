#!/usr/bin/env node
import { ownVersion } from './own-version.js';
import { runCommand } from './program.js';
import { ownTerminal } from './terminal.js';

// A reader that has gone, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') {
    throw error;
  }
});

process.exitCode = await runCommand(process.argv.slice(2), ownTerminal(), ownVersion());
