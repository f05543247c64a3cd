import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

/** Starts the live server in a process of its own. Where it ends before it is stopped, so does this process. */
export async function startUpstream(): Promise<{ readonly origin: string; stop(): Promise<void> }> {
  const child = fork(fileURLToPath(new URL('upstream.js', import.meta.url)));
  const lost = (code: number | null, signal: string | null) => {
    process.stderr.write(`FAIL the live server ended by itself (${signal ?? code})\n`);
    process.exit(1);
  };
  child.on('exit', lost);
  const [{ port }] = (await once(child, 'message')) as [AddressInfo];
  return {
    origin: `http://127.0.0.1:${port}`,
    async stop() {
      child.off('exit', lost);
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}
