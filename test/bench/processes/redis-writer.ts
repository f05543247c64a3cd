import { Redis } from 'ioredis';
import { Interaction } from '../../../src/index.js';
import { blockOf } from '../../../src/stores/cassette-change.js';
import { KeyValueCassetteStore } from '../../../src/stores/key-value/store.js';
import { printValue } from '../../../src/stores/key-value/values.js';
import { openRedis } from '../../support/storages.js';
import type { Sample } from '../tasks/task.js';

// A process that writes into Redis, each time so many recordings one after the other: bare, or through the store.

/** What it is told to do. */
export interface Writing {
  readonly kind: 'set' | 'save';
  readonly round: number;
  readonly count: number;
}

const [url = '', prefix = '', id = ''] = process.argv.slice(2);
const client = new Redis(url);
const storage = await openRedis(url, prefix)(() => {});
const store = new KeyValueCassetteStore(storage, { createIfMissing: true });
let cassette = await store.load();

process.on('message', async ({ kind, round, count }: Writing) => {
  const recordings = Array.from({ length: count }, (_, index) =>
    recording(`${kind}/${id}/${round}/${index}`),
  );
  const values = recordings.map((one) => printValue(blockOf(one).text));
  // What was printed just now is not to be known at the save.
  const fresh = kind === 'save' ? recordings.map(({ request }) => recording(request.target)) : [];
  const cpu = process.cpuUsage();
  const begun = performance.now();
  if (kind === 'set') {
    for (const [index, value] of values.entries()) {
      await client.set(`${prefix}:bare:${id}:${round}:${index}`, value);
    }
  } else {
    for (const one of fresh) {
      const next = cassette.append(one);
      await store.save(next, cassette);
      cassette = next;
    }
  }
  const clock = (performance.now() - begun) * 1e6;
  const { user, system } = process.cpuUsage(cpu);
  process.send?.({ clock, cpu: (user + system) * 1000, heap: 0 } satisfies Sample);
});
process.on('disconnect', async () => {
  await storage.dispose();
  client.disconnect();
});
process.send?.('ready');

function recording(target: string): Interaction {
  return new Interaction({
    request: {
      protocol: 'http',
      action: 'GET',
      target: target.startsWith('http') ? target : `http://api.example/${target}`,
      headers: [['accept', 'application/json']],
      body: new Uint8Array(),
    },
    responseChunks: [
      {
        data: Buffer.from(JSON.stringify({ target, text: 'x'.repeat(1000) })),
        sequence: 0,
        metadata: [
          ['status_code', '200'],
          ['header:content-type', 'application/json'],
        ],
      },
    ],
    metadata: [
      ['recorded_at', new Date().toISOString()],
      ['session', 'bench'],
      ['ended', 'whole'],
    ],
  });
}
