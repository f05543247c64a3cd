import { PassThrough, Readable } from 'node:stream';
import * as assert from 'uvu/assert';
import { RequestBodyTimeoutError } from '../../../src/index.js';
import { bodyOf, loopback, signal } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import {
  clients,
  copies,
  emptyStore,
  inMode,
  live,
  recordedIn,
  rejection,
  type Session,
  WHY_SKIPPED,
} from './clients.js';

const test = suite('request bodies that stream');

const server = await loopback((request, response) => {
  if (request.url === '/early') {
    response.writeHead(413, { connection: 'close' }).end('too much');
    request.resume();
  } else if (request.url === '/echo') {
    request.pipe(response);
  } else {
    bodyOf(request).then(
      (body) => response.end(body),
      () => {},
    );
  }
});
test.after(() => server.close());

const endless = () => new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('begun')) });

for (const client of clients) {
  const check = test.skipUnless(client.here, WHY_SKIPPED);

  for (const mode of ['auto', 'replay'] as const) {
    check(
      `${client.name}, fetch in ${mode}: a body that never ends is an error that names record`,
      async () => {
        const before = server.count();
        const store = emptyStore();
        const error = await inMode(
          client,
          mode,
          store,
          ({ fetch }) =>
            rejection(fetch(`${server.url}/echo`, { method: 'POST', body: endless(), duplex: 'half' })),
          { bodyWait: 100 },
        );
        assert.instance(error.cause, RequestBodyTimeoutError);
        assert.match((error.cause as Error).message, 'record');
        assert.is(server.count(), before);
        assert.is((await recordedIn(store)).length, 0);
      },
    );
  }

  check(`${client.name}, fetch in record: each chunk is echoed before the next one is sent`, async () => {
    const store = emptyStore();
    const fullDuplex = async ({ fetch }: Session) => {
      let controller!: ReadableStreamDefaultController;
      const body = new ReadableStream({
        start(own) {
          controller = own;
          own.enqueue(Buffer.from('0'));
        },
      });
      const response = await fetch(`${server.url}/echo`, { method: 'POST', body, duplex: 'half' });
      const echoes: string[] = [];
      for await (const chunk of response.body ?? []) {
        echoes.push(Buffer.from(chunk as Uint8Array).toString());
        if (echoes.length < 4) {
          controller.enqueue(Buffer.from(String(echoes.length)));
        } else {
          controller.close();
        }
      }
      return echoes;
    };
    assert.equal(await inMode(client, 'record', store, fullDuplex), ['0', '1', '2', '3']);
    const replayed = await inMode(client, 'replay', store, async ({ fetch }) =>
      (await fetch(`${server.url}/echo`, { method: 'POST', body: Buffer.from('0123') })).text(),
    );
    assert.is(replayed, '0123');
  });

  check(
    `${client.name}, fetch: the error of a body stream is the one of the call, and nothing is recorded`,
    async () => {
      const ask = async ({ fetch }: Pick<Session, 'fetch'>) => {
        const body = new ReadableStream({
          pull(controller) {
            controller.error(new Error('the disk broke'));
          },
        });
        const error = await rejection(fetch(`${server.url}/whole`, { method: 'POST', body, duplex: 'half' }));
        return [error.name, error.message, (error.cause as Error | undefined)?.message];
      };
      const expected = await live(client, ask);
      for (const mode of ['record', 'auto', 'replay'] as const) {
        const store = emptyStore();
        assert.equal(await inMode(client, mode, store, ask), expected, mode);
        assert.is((await recordedIn(store)).length, 0, mode);
      }
    },
  );
}

const broken: Record<string, () => unknown> = {
  'a Readable that fails half way': () =>
    Readable.from(
      (async function* () {
        yield 'part';
        throw new Error('the disk broke');
      })(),
    ),
  'an async generator that throws': async function* () {
    yield 'part';
    throw new Error('the disk broke');
  },
  'a generator that throws': function* () {
    yield Buffer.from('part');
    throw new Error('the disk broke');
  },
  'a stream that was destroyed before': () => {
    const stream = new PassThrough().on('error', () => {});
    stream.destroy(new Error('the disk broke'));
    return stream;
  },
};

for (const { name, undici } of copies) {
  const client = { name, undici, here: undici !== undefined };
  const check = test.skipUnless(client.here, WHY_SKIPPED);

  for (const [title, make] of Object.entries(broken)) {
    check(`${name}, request: ${title} fails as it does live, and nothing is recorded`, async () => {
      const ask = async ({ request }: Pick<Session, 'request'>) => {
        const error = await rejection(
          request(`${server.url}/whole`, { method: 'POST', body: make() }).then(({ body }) => body.text()),
        );
        return [error.name, error.message];
      };
      const expected = await live(client, ask);
      for (const mode of ['record', 'auto', 'replay'] as const) {
        const store = emptyStore();
        assert.equal(await inMode(client, mode, store, ask), expected, mode);
        assert.is((await recordedIn(store)).length, 0, mode);
      }
    });
  }

  check(`${name}, request in record: a body that the server does not wait for`, async () => {
    const store = emptyStore();
    const never = signal();
    async function* body() {
      yield 'begun';
      await never.seen;
    }
    const seen = await inMode(
      client,
      'record',
      store,
      async ({ request }) => {
        const answer = await request(`${server.url}/early`, { method: 'POST', body: body() });
        return [answer.statusCode, await answer.body.text()];
      },
      { bodyWait: 100 },
    );
    never.give();
    assert.equal(seen, [413, 'too much']);
    assert.is((await recordedIn(store)).length, 0);
  });
}

test.run();
