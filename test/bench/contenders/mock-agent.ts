import { type Contender, exchangesOf, ONE_CHUNK } from './contender.js';
import { loadUndici, UNDICI } from './undici-package.js';

/** undici's MockAgent has no recorder: it is told each answer. */
export const mockAgent: Contender = {
  name: 'undici MockAgent',
  package: UNDICI,
  load: loadUndici,
  cannot({ client, traffic }) {
    return client === 'node:http'
      ? 'does not see node:http'
      : traffic.reads === 'chunks'
        ? ONE_CHUNK
        : undefined;
  },
  async replay(recordings) {
    const { MockAgent, getGlobalDispatcher, setGlobalDispatcher } = await loadUndici();
    const agent = new MockAgent();
    agent.disableNetConnect();
    const pool = agent.get(recordings.origin);
    for (const { method, path, requestBody, status, headers, body } of exchangesOf(recordings)) {
      pool
        .intercept({ method, path, ...(requestBody !== undefined && { body: requestBody }) })
        .reply(status, body, { headers: Object.fromEntries(headers) })
        .persist();
    }
    const before = getGlobalDispatcher();
    setGlobalDispatcher(agent);
    return async () => {
      setGlobalDispatcher(before);
      await agent.close();
    };
  },
};
