#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { runCommand } from './program.js';
import { ownTerminal } from './terminal.js';

// A reader that has gone, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') {
    throw error;
  }
});

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
process.exitCode = await runCommand(process.argv.slice(2), ownTerminal(), version);
