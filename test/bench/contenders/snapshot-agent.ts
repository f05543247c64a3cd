import { join } from 'node:path';
import type { Dispatcher } from 'undici';
import { type Contender, ONE_CHUNK } from './contender.js';
import { loadUndici, UNDICI } from './undici-package.js';

// Of the headers only what says what a body is: fewer to hash.
const OPTIONS = { matchHeaders: ['content-type'] };

/** undici's own recorder. */
export const snapshotAgent: Contender = {
  name: 'undici SnapshotAgent',
  package: UNDICI,
  imports: [UNDICI],
  load: loadUndici,
  cannot({ client, traffic }) {
    return client === 'node:http'
      ? 'does not see node:http'
      : traffic.reads === 'chunks'
        ? ONE_CHUNK
        : undefined;
  },
  async record({ folder }) {
    const { SnapshotAgent } = await loadUndici();
    return use(
      new SnapshotAgent({ ...OPTIONS, mode: 'record', snapshotPath: join(folder, 'snapshots.json') }),
    );
  },
  async replay({ folder }) {
    const { SnapshotAgent } = await loadUndici();
    const snapshotPath = join(folder, 'snapshots.json');
    const agent = new SnapshotAgent({ ...OPTIONS, mode: 'playback', snapshotPath });
    await agent.loadSnapshots();
    return use(agent);
  },
};

/** Makes an agent global until it is stopped. */
async function use(agent: Dispatcher): Promise<() => Promise<void>> {
  const { getGlobalDispatcher, setGlobalDispatcher } = await loadUndici();
  const before = getGlobalDispatcher();
  setGlobalDispatcher(agent);
  return async () => {
    setGlobalDispatcher(before);
    await agent.close();
  };
}
