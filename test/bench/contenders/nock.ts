import { type Contender, NO_UNDICI, ONE_CHUNK } from './contender.js';

const load = async () => (await import('nock')).default;

const FIXTURE = 'fixture.json';

/** nock.back, with what it loads made to answer more than once. */
export const nock: Contender = {
  name: 'nock',
  package: 'nock',
  imports: ['nock'],
  load,
  cannot({ client, traffic }) {
    return client === 'undici.request' ? NO_UNDICI : traffic.reads === 'chunks' ? ONE_CHUNK : undefined;
  },
  async record({ folder }) {
    const { back, restore } = await load();
    back.fixtures = folder;
    back.setMode('record');
    const { nockDone } = await back(FIXTURE);
    return async () => {
      nockDone();
      restore();
    };
  },
  async replay({ folder }) {
    const { back, cleanAll, restore } = await load();
    back.fixtures = folder;
    back.setMode('lockdown');
    await back(FIXTURE, { after: (scope) => scope.persist() });
    return async () => {
      cleanAll();
      restore();
    };
  },
};
