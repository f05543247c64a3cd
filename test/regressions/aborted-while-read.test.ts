import * as assert from 'uvu/assert';
import type { BrokerMode } from '../../src/index.js';
import type { BodyKind, ClientName } from '../support/abort-clients.js';
import { assertSameInReplay, CountingServer, type Moment } from '../support/abort-programs.js';
import { suite } from '../support/suite.js';

// Whether it was recorded, and whether it was looked up, was decided at other moments in each mode.
const test = suite('a request that is given up while its body is read');

const server = await CountingServer.start();
test.after(() => server.close());

const UP_TO_20 = Array.from({ length: 21 }, (_, count) => count);

const CASES: readonly (readonly [client: ClientName, body: BodyKind, moments: readonly Moment[]])[] = [
  ['fetch', 'text', UP_TO_20],
  ['fetch', 'form', UP_TO_20],
  ['fetch', 'a Blob', UP_TO_20],
  ['fetch', 'an iterable', ['tick']],
  ['undici.request', 'a Blob', ['now', ...UP_TO_20]],
  ['undici.request', 'a stream', ['immediate']],
  ['undici.request', 'an iterable', [...UP_TO_20, 'tick', 'immediate']],
  ['undici dispatch', 'text', ['before']],
];

const stepOf = (client: ClientName, body: BodyKind) => ({
  client,
  body,
  path: '/',
  moment: undefined,
  goesOn: false,
});

for (const [client, body, moments] of CASES) {
  const plain = stepOf(client, body);
  for (const first of ['record', 'auto'] satisfies BrokerMode[]) {
    // fetch hands over its body as it was made where the dispatcher is the one that was there when the scope began.
    for (const setsDispatcher of client === 'fetch' ? [false, true] : [false]) {
      const title = `${client} with ${body}${setsDispatcher ? ' and a new dispatcher' : ''}, ${first}`;
      test(`${title}: the requests behind it get their own answers`, async () => {
        for (const moment of moments) {
          const program = { steps: [{ ...plain, moment }, plain, plain], isNarrow: false, setsDispatcher };
          const [aborted] = await assertSameInReplay(program, server, first);
          assert.is(aborted, 'AbortError', String(moment));
        }
      });
    }
  }
}

for (const body of ['text', 'form', 'a Blob', 'an iterable'] satisfies BodyKind[]) {
  test(`fetch with ${body}: one behind it that is given up later is still so`, async () => {
    const plain = stepOf('fetch', body);
    for (const moment of [0, 1, 3, 7, 20]) {
      const steps = [{ ...plain, moment }, { ...plain, moment: 'seen' as const }, plain, plain];
      await assertSameInReplay({ steps, isNarrow: false, setsDispatcher: false }, server, 'record');
    }
  });
}

test('got with a form that it is still writing, auto: the requests behind it get their own answers', async () => {
  const plain = stepOf('got', 'form');
  const steps = [{ ...plain, moment: 'immediate' as const }, plain, plain];
  const seen = await assertSameInReplay({ steps, isNarrow: false, setsDispatcher: false }, server, 'auto');
  assert.equal(seen, ['AbortError', 'answer 1', 'answer 2']);
});

for (const client of ['node:http', 'undici.request', 'fetch'] satisfies ClientName[]) {
  for (const first of ['record', 'auto'] satisfies BrokerMode[]) {
    test(`${client}, ${first}: one that waits for the body of another before it keeps its place`, async () => {
      const slow = { ...stepOf(client, 'a slow stream'), goesOn: true };
      const plain = stepOf(client, 'text');
      const steps = [slow, { ...plain, moment: 'immediate' as const, goesOn: true }, plain, plain];
      await assertSameInReplay({ steps, isNarrow: false, setsDispatcher: false }, server, first);
    });
  }
}

test.run();
