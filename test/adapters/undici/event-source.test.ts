import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import * as assert from 'uvu/assert';
import { installInterposition } from '../../../src/index.js';
import { loopback } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { copies, emptyStore, recordedIn, settled, WHY_SKIPPED } from './clients.js';

const test = suite('EventSource');

interface Event {
  readonly data: string;
  readonly lastEventId: string;
  readonly type: string;
}

interface EventSource extends EventTarget {
  readonly readyState: number;
}

let asked = 0;
let stream: ServerResponse | undefined;

// Tells of three events, each when it is asked to, and ends; asked again, it says that there are no more.
const server = await loopback((request, response) => {
  asked++;
  if (request.headers['last-event-id'] !== undefined) {
    response.writeHead(204).end();
    return;
  }
  stream = response.writeHead(200, { 'content-type': 'text/event-stream' });
  stream.write('retry: 10\n\nid: 1\ndata: first\n\n');
});
test.after(() => server.close());

/** What a program sees until the stream is closed for good. The server goes on when the program got its last event. */
async function listened(source: EventSource): Promise<readonly Event[]> {
  const seen: Event[] = [];
  const take = (event: globalThis.Event) => {
    const { data, lastEventId, type } = event as unknown as Event;
    seen.push({ data, lastEventId, type });
    if (data === 'first') {
      stream?.write('event: news\nid: 2\ndata: second\ndata: line\n\n');
    } else if (data.startsWith('second')) {
      stream?.end('id: 3\ndata: third\n\n');
    }
  };
  source.addEventListener('message', take);
  source.addEventListener('news', take);
  const closed = async () => {
    while (source.readyState !== 2) {
      await once(source, 'error');
    }
  };
  await settled(closed(), () => 'an EventSource that was told to stop');
  return seen;
}

const EVENTS = [
  { data: 'first', lastEventId: '1', type: 'message' },
  { data: 'second\nline', lastEventId: '2', type: 'news' },
  { data: 'third', lastEventId: '3', type: 'message' },
];

for (const { name, undici } of copies) {
  test.skipUnless(undici !== undefined, WHY_SKIPPED)(
    `${name}: events are live while they are recorded, and are replayed with the reconnection`,
    async () => {
      const { EventSource } = undici as unknown as { EventSource: new (url: string) => EventSource };
      const store = emptyStore();
      for (const mode of ['record', 'replay'] as const) {
        asked = 0;
        stream = undefined;
        const interposition = await installInterposition(mode, { store });
        try {
          assert.equal(await listened(new EventSource(`${server.url}/events`)), EVENTS, mode);
        } finally {
          await interposition.uninstall();
        }
        assert.is(asked, mode === 'record' ? 2 : 0, `requests at the server in ${mode}`);
      }
      const [events, end] = await recordedIn(store);
      assert.is(events?.responseChunks.length, 3);
      assert.is(end?.responseChunks.length, 1);
    },
  );
}

test.run();
