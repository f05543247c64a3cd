import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repoRoot } from '../../support/paths.js';

const pem = (name: string) => readFileSync(join(repoRoot, 'fixtures/tls', name));

/** An authority that nobody else knows, and certificates of it: of `localhost` and 127.0.0.1, and of a client. */
export const tls = {
  ca: pem('ca.pem'),
  server: { cert: pem('server.pem'), key: pem('server.key') },
  client: { cert: pem('client.pem'), key: pem('client.key') },
};
