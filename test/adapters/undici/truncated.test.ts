import type { ServerResponse } from 'node:http';
import * as assert from 'uvu/assert';
import { TruncatedRecordingError } from '../../../src/index.js';
import { loopback } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import {
  clients,
  copies,
  emptyStore,
  inMode,
  recordedIn,
  rejection,
  type Session,
  WHY_SKIPPED,
} from './clients.js';

const test = suite('recordings that were cut off');

let answered = (_: ServerResponse) => {};
const server = await loopback((request, response) => {
  if (request.url === '/events') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    let n = 0;
    const send = () => {
      if (!response.destroyed) {
        response.write(`data: ${++n}\n\n`);
        setTimeout(send, 5).unref();
      }
    };
    send();
  } else if (request.url === '/part') {
    response.write('the first part');
    answered(response);
  } else if (request.url === '/hint') {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' });
  }
});
test.after(() => server.close());

const read = async (reader: ReadableStreamDefaultReader<Uint8Array>) =>
  Buffer.from((await reader.read()).value ?? []).toString();

async function abortedInBody({ fetch }: Session): Promise<string[]> {
  const abort = new AbortController();
  const response = await fetch(`${server.url}/part`, { signal: abort.signal });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const first = await read(reader);
  const second = rejection(reader.read());
  abort.abort();
  return [first, (await second).name];
}

async function timedOut({ fetch }: Session, path = '/never'): Promise<string[]> {
  // Long enough for the request to be with the server, however busy the machine is.
  const error = await rejection(fetch(`${server.url}${path}`, { signal: AbortSignal.timeout(500) }));
  return [error.name];
}

async function brokenOff({ fetch }: Session): Promise<string[]> {
  const events: string[] = [];
  for await (const chunk of (await fetch(`${server.url}/events`)).body ?? []) {
    events.push(
      ...Buffer.from(chunk as Uint8Array)
        .toString()
        .trim()
        .split('\n\n'),
    );
    if (events.length >= 3) {
      break;
    }
  }
  return events.slice(0, 3);
}

const stories: Record<string, { path: string; abort: (session: Session) => Promise<string[]> }> = {
  'an abort in the body': { path: '/part', abort: abortedInBody },
  'a timeout before the headers': { path: '/never', abort: (session) => timedOut(session) },
  'a timeout after early hints': { path: '/hint', abort: (session) => timedOut(session, '/hint') },
  'a break out of an event stream': { path: '/events', abort: brokenOff },
};

for (const client of clients) {
  const check = test.skipUnless(client.here, WHY_SKIPPED);

  for (const [title, { path, abort }] of Object.entries(stories)) {
    check(`${client.name}: ${title} is recorded, and comes again in replay`, async () => {
      const store = emptyStore();
      const recorded = await inMode(client, 'record', store, abort);
      const interactions = await recordedIn(store);
      assert.equal(
        interactions.map(({ recording }) => recording.truncated),
        [true],
      );
      const before = server.count();
      assert.equal(await inMode(client, 'replay', store, abort), recorded);
      assert.is(server.count(), before);

      // A program that does not abort is told where the recording ends.
      const error = await inMode(client, 'replay', store, async ({ fetch }) =>
        rejection(fetch(`${server.url}${path}`).then((response) => response.text())),
      );
      assert.instance(error.cause, TruncatedRecordingError);
      assert.is(server.count(), before);

      const inAuto = await inMode(client, 'auto', store, abort, { playback: 'first' });
      assert.equal(inAuto, recorded);
      assert.is(server.count(), before + 1, 'in auto it is a MISS');
    });
  }

  check(`${client.name}: what was aborted before the call is not recorded`, async () => {
    for (const mode of ['record', 'auto'] as const) {
      const store = emptyStore();
      const before = server.count();
      await inMode(client, mode, store, ({ fetch }) =>
        rejection(fetch(`${server.url}/part`, { signal: AbortSignal.abort() })),
      );
      assert.is((await recordedIn(store)).length, 0, mode);
      assert.is(server.count(), before);
    }
  });

  check(`${client.name}: a whole recording is not replaced by one that was cut off`, async () => {
    const store = emptyStore();
    answered = (response) => response.end(', and the rest');
    const whole = ({ fetch }: Session) => fetch(`${server.url}/part`).then((response) => response.text());
    await inMode(client, 'record', store, whole);
    answered = () => {};
    // Under 'sequence' it would be a part of this session's own story, and keep its place in it.
    await inMode(client, 'record', store, abortedInBody, { playback: 'first' });
    assert.equal(
      (await recordedIn(store)).map(({ recording }) => recording.truncated),
      [false],
    );
    assert.is(await inMode(client, 'replay', store, whole), 'the first part, and the rest');
  });
}

for (const { name, undici } of copies) {
  const client = { name, undici, here: undici !== undefined };
  const check = test.skipUnless(client.here, WHY_SKIPPED);

  check(
    `${name}, request: an abort in the body, and a body that is destroyed, come again in replay`,
    async () => {
      const abortIt = async ({ request }: Session) => {
        const abort = new AbortController();
        const { body } = await request(`${server.url}/part`, { signal: abort.signal });
        const seen: string[] = [];
        const error = await rejection(
          (async () => {
            for await (const chunk of body) {
              seen.push(String(chunk));
              abort.abort();
            }
          })(),
        );
        return [...seen, error.name];
      };
      const destroyIt = async ({ request }: Session) => {
        const { body } = await request(`${server.url}/part`);
        const seen: string[] = [];
        for await (const chunk of body) {
          seen.push(String(chunk));
          break;
        }
        return seen;
      };
      for (const [end, expected] of [
        [abortIt, ['the first part', 'AbortError']],
        [destroyIt, ['the first part']],
      ] as const) {
        const store = emptyStore();
        for (const mode of ['record', 'replay'] as const) {
          assert.equal(await inMode(client, mode, store, end), expected, mode);
        }
        assert.equal(
          (await recordedIn(store)).map(({ recording }) => recording.truncated),
          [true],
        );
      }
    },
  );

  check(`${name}, request: what was aborted before the call is not recorded`, async () => {
    for (const mode of ['record', 'auto', 'replay'] as const) {
      const store = emptyStore();
      const before = server.count();
      const error = await inMode(client, mode, store, ({ request }) =>
        rejection(request(`${server.url}/part`, { signal: AbortSignal.abort() })),
      );
      assert.is(error.name, 'AbortError', mode);
      assert.is((await recordedIn(store)).length, 0, mode);
      assert.is(server.count(), before);
    }
  });
}

test.run();
