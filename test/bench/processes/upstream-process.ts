import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

/** Starts the live server in a process of its own. */
export async function startUpstream(): Promise<{ readonly origin: string; stop(): Promise<void> }> {
  const child = fork(fileURLToPath(new URL('upstream.js', import.meta.url)));
  const [{ port }] = (await once(child, 'message')) as [AddressInfo];
  return {
    origin: `http://127.0.0.1:${port}`,
    async stop() {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}
