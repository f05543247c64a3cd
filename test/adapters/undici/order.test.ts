import * as assert from 'uvu/assert';
import { loopback, signal, whole } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { clients, emptyStore, type Fetch, inMode, WHY_SKIPPED } from './clients.js';

const test = suite('identical requests');

// Answers the request that says it is the first only when the second one's answer has been sent.
let secondSent = signal();
let polls = 0;
const server = await loopback(
  whole(({ url, headers }, response) => {
    if (url === '/job') {
      response.end(['queued', 'queued', 'running'][polls++] ?? 'done');
    } else if (headers['x-n'] === '1') {
      void secondSent.seen.then(() => response.end('first'));
    } else {
      response.end('second', secondSent.give);
    }
  }),
);
test.after(() => server.close());

const gated = (open: Promise<void>, read?: () => void) =>
  new ReadableStream({
    async pull(controller) {
      await open;
      controller.enqueue(Buffer.from('same'));
      controller.close();
      read?.();
    },
  });

async function post(fetch: Fetch, body: ReadableStream, n?: string): Promise<string> {
  const headers: Record<string, string> = n === undefined ? {} : { 'x-n': n };
  const response = await fetch(`${server.url}/post`, { method: 'POST', body, duplex: 'half', headers });
  return response.text();
}

for (const client of clients) {
  const check = test.skipUnless(client.here, WHY_SKIPPED);

  for (const mode of ['record', 'auto'] as const) {
    check(`${client.name}: overlapping in ${mode}, they replay in the order of the requests`, async () => {
      secondSent = signal();
      const store = emptyStore();
      const get = async (fetch: Fetch, n?: string) =>
        (await fetch(`${server.url}/get`, n === undefined ? {} : { headers: { 'x-n': n } })).text();
      const ends: string[] = [];
      const recorded = await inMode(client, mode, store, ({ fetch }) =>
        Promise.all(
          ['1', '2'].map(async (n) => {
            const text = await get(fetch, n);
            ends.push(text);
            return text;
          }),
        ),
      );
      assert.equal(recorded, ['first', 'second']);
      assert.equal(ends, ['second', 'first'], 'the test did not make them end in the other order');

      await inMode(client, 'replay', store, async ({ fetch }) => {
        assert.equal(await Promise.all([get(fetch), get(fetch)]), ['first', 'second']);
        assert.is(await get(fetch), 'second', 'the last one sticks');
      });
    });

    check(`${client.name}: recorded in ${mode}, bodies that arrive in the other order`, async () => {
      secondSent = signal();
      const store = emptyStore();
      const recorded = await inMode(client, mode, store, ({ fetch }) =>
        Promise.all([post(fetch, gated(secondSent.seen), '1'), post(fetch, gated(Promise.resolve()), '2')]),
      );
      assert.equal(recorded, ['first', 'second']);

      const open = signal();
      const replayed = await inMode(client, 'replay', store, ({ fetch }) =>
        Promise.all([post(fetch, gated(open.seen)), post(fetch, gated(Promise.resolve(), open.give))]),
      );
      assert.equal(replayed, ['first', 'second']);
    });
  }

  check(
    `${client.name}: a body that is there behind a stream of the same bytes waits for its turn`,
    async () => {
      secondSent = signal();
      const store = emptyStore();
      await inMode(client, 'record', store, ({ fetch }) =>
        Promise.all([post(fetch, gated(secondSent.seen), '1'), post(fetch, gated(Promise.resolve()), '2')]),
      );
      const replayed = await inMode(client, 'replay', store, async ({ fetch }) => {
        const open = signal();
        const first = post(fetch, gated(open.seen));
        const second = fetch(`${server.url}/post`, { method: 'POST', body: Buffer.from('same') }).then((r) =>
          r.text(),
        );
        setImmediate(open.give);
        return Promise.all([first, second]);
      });
      assert.equal(replayed, ['first', 'second']);
    },
  );

  check(`${client.name}: polling replays its whole story, and the last answer sticks`, async () => {
    for (const mode of ['record', 'auto'] as const) {
      polls = 0;
      const store = emptyStore();
      const poll = async (fetch: Fetch, times: number) => {
        const answers: string[] = [];
        while (answers.length < times) {
          answers.push(await (await fetch(`${server.url}/job`)).text());
        }
        return answers;
      };
      const story = ['queued', 'queued', 'running', 'done'];
      assert.equal(await inMode(client, mode, store, ({ fetch }) => poll(fetch, 4)), story);
      const before = server.count();
      const replayed = await inMode(client, 'replay', store, ({ fetch }) => poll(fetch, 6));
      assert.equal(replayed, [...story, 'done', 'done']);
      assert.is(server.count(), before);
      const again = await inMode(client, 'replay', store, ({ fetch }) => poll(fetch, 1));
      assert.equal(again, ['queued'], 'the story starts anew in each installation');
      const first = await inMode(client, 'replay', store, ({ fetch }) => poll(fetch, 3), {
        playback: 'first',
      });
      assert.equal(first, ['queued', 'queued', 'queued']);
    }
  });
}

test.run();
