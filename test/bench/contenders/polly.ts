import { type Contender, NO_UNDICI, ONE_CHUNK, type Recordings, type Stop } from './contender.js';

const load = () => import('@pollyjs/core');

/** Polly with its file persister. It matches by method, URL and body, and a request may repeat. */
export const polly: Contender = {
  name: 'Polly',
  package: '@pollyjs/core',
  imports: ['@pollyjs/core', '@pollyjs/adapter-fetch', '@pollyjs/persister-fs'],
  load,
  cannot({ client, traffic }) {
    return client === 'undici.request' ? NO_UNDICI : traffic.reads === 'chunks' ? ONE_CHUNK : undefined;
  },
  record: (recordings) => start('record', recordings),
  replay: (recordings) => start('replay', recordings),
};

async function start(mode: 'record' | 'replay', { folder, client }: Recordings): Promise<Stop> {
  const { Polly } = await load();
  const persister = classOf(await import('@pollyjs/persister-fs'));
  const adapter = classOf(
    client === 'fetch' ? await import('@pollyjs/adapter-fetch') : await import('@pollyjs/adapter-node-http'),
  );
  const instance = new Polly('bench', {
    mode,
    adapters: [adapter],
    persister,
    persisterOptions: { fs: { recordingsDir: folder }, disableSortingHarEntries: true },
    recordIfMissing: false,
    logLevel: 'silent',
    matchRequestsBy: { headers: false, order: false },
  });
  return () => instance.stop();
}

/** Its types say that the class is the default of the default. Seen from Node it is the default. */
function classOf<T>(module: { readonly default: { readonly default: T } }): T {
  return module.default as unknown as T;
}
