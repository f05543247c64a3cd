import type { RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { Agent, interceptors } from 'undici';
import * as assert from 'uvu/assert';
import { Broker, Cassette, interpose, type LiveResponder } from '../../src/index.js';
import { loopback } from '../support/loopback.js';
import { suite } from '../support/suite.js';

const test = suite('regressions of the undici adapter');

const composedIsLive: LiveResponder = () => {
  throw new Error('live requests go to the composed dispatcher');
};

async function withServer(listener: RequestListener, work: (url: string) => Promise<void>): Promise<void> {
  const server = await loopback(listener);
  try {
    await work(server.url);
  } finally {
    await server.close();
  }
}

// A retry handler throws at the end of the answer that it wants again, and waits to be told of its own error.
for (const mode of ['record', 'auto'] as const) {
  test(`in ${mode}, a retry handler outside the Broker gets its second answer, and again in replay`, async () => {
    let served = 0;
    await withServer(
      (_, response) => {
        response.statusCode = ++served === 1 ? 503 : 200;
        response.end(`answer ${served}`);
      },
      async (url) => {
        const ask = async (broker: Broker) => {
          const agent = new Agent().compose(interpose(broker), interceptors.retry({ minTimeout: 1 }));
          const { statusCode, body } = await agent.request({ origin: url, path: '/', method: 'GET' });
          return [statusCode, await body.text()];
        };
        const recorder = new Broker(new Cassette(), {
          mode,
          playback: 'sequence',
          liveResponder: composedIsLive,
        });
        assert.equal(await ask(recorder), [200, 'answer 2']);
        assert.equal(await ask(new Broker(recorder.cassette, { playback: 'sequence' })), [200, 'answer 2']);
        assert.is(served, 2);
      },
    );
  });
}

// A chunk that is no bytes was noticed inside the stream's own `emit`, where nothing could catch the error.
for (const mode of ['record', 'auto'] as const) {
  test(`in ${mode}, an object-mode body is an error of its request`, async () => {
    await withServer(
      (request, response) => request.resume().on('end', () => response.end()),
      async (url) => {
        const broker = new Broker(new Cassette(), { mode, liveResponder: composedIsLive });
        const agent = new Agent().compose(interpose(broker));
        const outcome = await agent
          .request({ origin: url, path: '/', method: 'POST', body: Readable.from([{ a: 1 }]) })
          .then(
            () => 'an answer',
            (error: Error) => error.name,
          );
        assert.is(outcome, 'TypeError');
        assert.is(broker.cassette.size, 0);
      },
    );
  });
}

// The look-up was made with the credentials that the stored request lacks.
test('a Broker that matches on headers finds a request that carried credentials', async () => {
  await withServer(
    (_, response) => response.end('hello'),
    async (url) => {
      const ask = async (broker: Broker) => {
        const agent = new Agent().compose(interpose(broker));
        const headers = { authorization: 'Bearer secret' };
        const { body } = await agent.request({ origin: url, path: '/', method: 'GET', headers });
        return body.text();
      };
      const recorder = new Broker(new Cassette(), { mode: 'record', liveResponder: composedIsLive });
      assert.is(await ask(recorder), 'hello');
      assert.is(await ask(new Broker(recorder.cassette)), 'hello');
    },
  );
});

test.run();
