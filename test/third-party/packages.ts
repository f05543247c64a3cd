import { join } from 'node:path';
import { installPackages } from '../support/npm-folder.js';
import { repoRoot } from '../support/paths.js';

export const folder = join(repoRoot, 'fixtures/third-party');

/** Installs the clients; gives why they are not there, or undefined where they are. */
export function installClients(): string | undefined {
  return installPackages(folder);
}
