import * as assert from 'uvu/assert';
import {
  BodyTooLargeError,
  CassetteSaveError,
  InteractionNotFoundError,
  type InterpositionOptions,
  RequestBodyTimeoutError,
  TruncatedRecordingError,
} from '../../src/index.js';
import { emptyStore, recordedIn, settled } from '../adapters/undici/clients.js';
import { loopback, signal } from '../support/loopback.js';

import type { Suite } from '../support/suite.js';
import { FailingStore } from '../support/ways-in.js';
import { type AdapterClient, type Ask, type Asked, comparable, type Seen } from './adapter-client.js';
import { ContractServer } from './adapter-server.js';

// What is redacted is not what it was live, by intent.
const AS_IT_IS: InterpositionOptions = { redact: false };

const MiB = 1024 * 1024;
/** Far more than sockets buffer on both sides: Linux may give a connection that is read fast tens of megabytes. */
const STALLED_BELOW = 128 * MiB;

/** Exchanges that are to look the same live, recorded and replayed: a title, a path, a request. */
const EXCHANGES: readonly (readonly [title: string, path: string, asked?: Asked])[] = [
  ['a body of a known length', '/text'],
  ['headers that repeat, are empty, are not ASCII', '/headers'],
  ['a status text', '/status-text'],
  ['an error status', '/not-found'],
  ['a response of HTTP/1.0', '/http-1.0'],
  ['a binary body', '/binary'],
  ['a gzip body', '/gzip'],
  ['a brotli body', '/br'],
  ['204', '/204'],
  ['304', '/304'],
  ['a body of length 0', '/nothing'],
  ['HEAD', '/text', { method: 'HEAD' }],
  ['HEAD of a chunked response', '/gzip', { method: 'HEAD' }],
  ['early hints', '/hints'],
  ['trailers', '/trailers'],
  ['a text as body', '/echo', { method: 'POST', body: 'déjà vu' }],
  ['bytes as body', '/echo', { method: 'PUT', body: Buffer.from([0, 255, 13, 10]) }],
  ['a stream as body', '/echo', { method: 'POST', body: ['one ', 'two ', 'three'] }],
  ['no body', '/echo', { method: 'POST' }],
];

export const IN_ORDER = 'parallel identical requests are answered in the order of their dispatch';

/** Failures of an upstream, by their path; `refused` stands for an address where nobody listens. */
const FAILURES = [
  'refused',
  '/reset-before-headers',
  '/reset-in-body',
  '/premature-end',
  '/garbage',
  '/a-close-in-the-head',
  '/a-header-that-is-none',
  '/two-lengths',
  '/headers-without-end',
  '/a-chunk-without-a-length',
  '/a-chunk-that-is-cut-off',
  '/a-chunk-that-is-too-long',
  '/no-last-chunk',
];

/** What every client of every adapter keeps to. */
export function adapterContract(test: Suite<Record<string, never>>, clients: readonly AdapterClient[]): void {
  const routes = new ContractServer();
  const started = loopback(routes.listener);
  const at = async (path: string) => `${(await started).url}${path}`;
  test.after(async () => (await started).close());

  for (const client of clients) {
    const check = (title: string, body: () => Promise<void>) => {
      const reason = client.missing ?? client.differences[title];
      test.skipUnless(reason === undefined, reason ?? '')(`${client.name}: ${title}`, () =>
        settled(body(), () => title),
      );
    };
    const alike = (title: string, ask: (url: string) => (ask: Ask) => Promise<Seen>, path: string) => {
      check(`${title}: live, recorded and replayed alike`, async () => {
        const use = ask(await at(path));
        const expected = comparable(await client.live(use));
        const store = emptyStore();
        assert.equal(comparable(await client.inMode('record', store, use, AS_IT_IS)), expected, 'record');
        const before = (await started).count();
        assert.equal(comparable(await client.inMode('replay', store, use, AS_IT_IS)), expected, 'replay');
        assert.is((await started).count(), before, 'replay sent something');
        const fresh = emptyStore();
        assert.equal(comparable(await client.inMode('auto', fresh, use, AS_IT_IS)), expected, 'auto, a MISS');
        assert.is((await started).count(), before + 1);
        // Under `sequence` this very session's own story would go on being recorded.
        const first = { ...AS_IT_IS, playback: 'first' } as const;
        assert.equal(comparable(await client.inMode('auto', fresh, use, first)), expected, 'auto, a HIT');
        assert.is((await started).count(), before + 1, 'a HIT sent something');
      });
    };

    for (const [title, path, asked] of EXCHANGES) {
      alike(title, (url) => (ask) => ask(url, asked), path);
    }

    check('what a program sends reaches the server as it is', async () => {
      const url = await at('/echo');
      for (const mode of ['record', 'auto'] as const) {
        routes.bodies.length = 0;
        await client.inMode(mode, emptyStore(), async (ask) => {
          await ask(url, { method: 'POST', body: ['a', 'b'.repeat(100_000), 'c'] });
          await ask(url, { method: 'POST', body: Buffer.from([1, 2, 3]) });
        });
        assert.equal(routes.bodies, [`a${'b'.repeat(100_000)}c`, '\x01\x02\x03'], mode);
      }
    });

    check('chunks keep their boundaries', async () => {
      const url = await at('/paced/boundaries');
      const chunks = async (ask: Ask) => {
        const rest = ['two', 'three'];
        const seen: string[] = [];
        await ask(url, {
          onChunk: (chunk) => {
            seen.push(String(chunk));
            const response = routes.open.get('/paced/boundaries');
            const next = rest.shift();
            return next === undefined ? response?.end() : response?.write(next);
          },
        });
        return seen;
      };
      const store = emptyStore();
      for (const mode of ['record', 'replay'] as const) {
        assert.equal(await client.inMode(mode, store, chunks), ['one', 'two', 'three'], mode);
      }
    });

    check('identical requests are answered in their order, and the last answer sticks', async () => {
      const url = await at(`/count?${client.name}`);
      const thrice = async (ask: Ask) => {
        const bodies: string[] = [];
        for (let n = 0; n < 3; n++) {
          bodies.push(String((await ask(url)).body));
        }
        return bodies;
      };
      const store = emptyStore();
      assert.equal(await client.inMode('record', store, thrice), ['1', '2', '3']);
      assert.equal(
        await client.inMode('replay', store, async (ask) => [
          ...(await thrice(ask)),
          String((await ask(url)).body),
        ]),
        ['1', '2', '3', '3'],
      );
    });

    check(IN_ORDER, async () => {
      const url = await at(`/count?parallel ${client.name}`.replaceAll(' ', '-'));
      const store = emptyStore();
      await client.inMode('record', store, async (ask) => {
        for (let n = 0; n < 3; n++) {
          await ask(url, { method: 'POST', body: 'x' });
        }
      });
      const bodies = await client.inMode('replay', store, (ask) =>
        Promise.all([
          ask(url, { method: 'POST', body: ['x'] }),
          ask(url, { method: 'POST', body: 'x' }),
          ask(url, { method: 'POST', body: 'x' }),
        ]),
      );
      assert.equal(
        bodies.map(({ body }) => String(body)),
        ['1', '2', '3'],
      );
    });

    check('a MISS in replay is an InteractionNotFoundError, and sends nothing', async () => {
      const before = (await started).count();
      const url = await at('/text');
      await client.inMode('replay', emptyStore(), async (ask) => {
        for (const asked of [{}, { method: 'POST', body: 'x' }, { method: 'POST', body: ['x', 'y'] }]) {
          const { error } = await ask(url, asked);
          const own = client.ownError(error) as InteractionNotFoundError;
          assert.instance(own, InteractionNotFoundError);
          assert.is(own.request.target, url);
        }
      });
      assert.is((await started).count(), before);
    });

    check('a request is stored in the form that every adapter stores', async () => {
      const url = await at('/echo?form');
      const store = emptyStore();
      const asked = { method: 'POST', body: 'text', headers: { 'X-Case': 'Kept', accept: 'text/plain' } };
      await client.inMode('record', store, (ask) => ask(url, asked));
      const [{ request } = assert.unreachable() as never] = await recordedIn(store);
      const { protocol, action, target, body, headers } = request;
      assert.equal([protocol, action, target, Buffer.from(body).toString()], ['http', 'POST', url, 'text']);
      const names = headers.map(([name]) => name.toLowerCase());
      assert.ok(names.includes('x-case') && names.includes('accept'));
      assert.not.ok(
        names.some((name) => ['host', 'connection', 'transfer-encoding'].includes(name)),
        String(names),
      );
    });

    check(
      'more bytes than the length that was told: recorded where a client takes it for whole',
      async () => {
        const url = await at('/too-long');
        const use = async (ask: Ask) => comparable(await ask(url));
        const expected = await client.live(use);
        const store = emptyStore();
        assert.equal(await client.inMode('record', store, use, AS_IT_IS), expected, 'record');
        assert.equal(await client.inMode('auto', emptyStore(), use, AS_IT_IS), expected, 'auto');
        if ((await recordedIn(store)).length > 0) {
          assert.equal(await client.inMode('replay', store, use, AS_IT_IS), expected, 'replay');
        } else {
          assert.instance((await client.live((ask) => ask(url))).error, Error);
        }
      },
    );

    check('a program that sends the rest of its body when it has read all of an early answer', async () => {
      const url = await at('/early');
      const use = async (ask: Ask) => {
        const read = signal();
        const asked = { method: 'POST', body: ['begun'], staysOpen: read.seen };
        const seen = await ask(url, asked);
        read.give();
        return comparable(seen);
      };
      const expected = await client.live(use);
      assert.equal(await client.inMode('record', emptyStore(), use, { bodyWait: 60_000 }), expected);
    });

    check('a save that fails is the error of the request', async () => {
      for (const mode of ['record', 'auto'] as const) {
        for (const [path, method] of [
          ['/gzip', 'GET'],
          ['/text', 'HEAD'],
          ['/204', 'GET'],
          ['/nothing', 'GET'],
        ] as const) {
          const url = await at(path);
          const { error } = await client
            .inMode(mode, new FailingStore(), async (ask) => {
              const seen = await ask(url, { method });
              assert.instance(client.ownError(seen.error), CassetteSaveError, `${mode} ${method} ${path}`);
              return seen;
            })
            .catch((thrown: unknown) => {
              // Where it is not sure that the program heard of it, the end of the installation tells it again.
              assert.instance(thrown, CassetteSaveError);
              return { error: undefined };
            });
          assert.ok(error === undefined || error instanceof Error);
        }
      }
    });

    check('parts of the end wait for the save, the rest does not', async () => {
      const url = await at('/paced/end');
      const store = emptyStore();
      const saving = signal();
      const gate = signal();
      const { save } = store;
      store.save = async (cassette) => {
        saving.give();
        await gate.seen;
        return save.call(store, cassette);
      };
      let isOver = false;
      const first = signal();
      await client.inMode('record', store, async (ask) => {
        const asked = ask(url, { onChunk: () => first.give() }).then((seen) => {
          isOver = true;
          return seen;
        });
        await first.seen;
        routes.open.get('/paced/end')?.end(' and all');
        await saving.seen;
        for (let turn = 0; turn < 20; turn++) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        assert.not.ok(isOver);
        gate.give();
        assert.is(String((await asked).body), 'one and all');
      });
    });

    for (const failure of FAILURES) {
      const isRefused = failure === 'refused';
      const title = isRefused ? 'a refused connection' : failure.slice(1).replaceAll('-', ' ');

      check(`${title}: passes as it is, and is not recorded`, async () => {
        const url = isRefused ? await refusedUrl() : await at(failure);
        const use = (ask: Ask) => ask(url, { onChunk: () => routes.failNow() });
        const expected = await client.live(use);
        assert.instance(expected.error, Error);
        for (const mode of ['record', 'auto'] as const) {
          const store = emptyStore();
          assert.equal(comparable(await client.inMode(mode, store, use)), comparable(expected), mode);
          assert.is((await recordedIn(store)).length, 0, mode);
        }
      });

      check(`${title}, with recordFailures: is recorded, and comes again in replay`, async () => {
        const url = isRefused ? await refusedUrl() : await at(failure);
        const use = (ask: Ask) => ask(url, { onChunk: () => routes.failNow() });
        const expected = comparable(await client.live(use));
        const store = emptyStore();
        const options = { ...AS_IT_IS, recordFailures: true };
        assert.equal(comparable(await client.inMode('record', store, use, options)), expected, 'record');
        const before = (await started).count();
        assert.equal(comparable(await client.inMode('replay', store, use, options)), expected, 'replay');
        assert.is((await started).count(), before);
      });
    }

    for (const path of ['/text', '/gzip']) {
      for (const recordFailures of [false, true]) {
        const title = `${path} with more than maxBodySize bytes, recordFailures: ${recordFailures}`;
        check(`${title}: an error that names it, and nothing is recorded`, async () => {
          const url = await at(path);
          for (const mode of ['record', 'auto'] as const) {
            const store = emptyStore();
            const options = { maxBodySize: 3, recordFailures };
            const { error } = await client.inMode(mode, store, (ask) => ask(url), options);
            const own = client.ownError(error);
            assert.instance(own, BodyTooLargeError, `${mode}: ${error}`);
            assert.match((own as Error).message, `GET ${url} has more than 3 bytes`);
            assert.is((await recordedIn(store)).length, 0);
          }
        });
      }
    }

    check('an abort in the body is recorded as one, and comes again in replay', async () => {
      const url = await at('/paced/abort');
      const abortAfterOne = async (ask: Ask) => {
        const abort = new AbortController();
        const seen = await ask(url, { signal: abort.signal, onChunk: () => abort.abort() });
        return comparable(seen);
      };
      const expected = await client.live(abortAfterOne);
      const store = emptyStore();
      assert.equal(await client.inMode('record', store, abortAfterOne), expected);
      assert.equal(
        (await recordedIn(store)).map(({ recording }) => recording.truncated),
        [true],
      );
      const before = (await started).count();
      assert.equal(await client.inMode('replay', store, abortAfterOne), expected);
      const { body, error } = await client.inMode('replay', store, (ask) => ask(url));
      assert.is(String(body), 'one');
      assert.instance(client.ownError(error), TruncatedRecordingError);
      assert.is((await started).count(), before);
    });

    check('a timeout before the headers is recorded as an abort, and comes again in replay', async () => {
      const url = await at('/never');
      const timedOut = async (ask: Ask) => comparable(await ask(url, { signal: AbortSignal.timeout(100) }));
      const expected = await client.live(timedOut);
      const store = emptyStore();
      assert.equal(await client.inMode('record', store, timedOut), expected);
      assert.equal(await client.inMode('replay', store, timedOut), expected);
    });

    check('what was aborted before the call is not recorded', async () => {
      const url = await at('/text');
      for (const mode of ['record', 'auto'] as const) {
        const store = emptyStore();
        const before = (await started).count();
        const aborted = (ask: Ask) => ask(url, { signal: AbortSignal.abort() });
        assert.instance((await client.inMode(mode, store, aborted)).error, Error);
        assert.is((await recordedIn(store)).length, 0, mode);
        assert.is((await started).count(), before);
      }
    });

    check('a body that stays open cannot be looked up, and the error says so', async () => {
      const url = await at('/echo');
      for (const mode of ['replay', 'auto'] as const) {
        const { error } = await client.inMode(
          mode,
          emptyStore(),
          (ask) => ask(url, { method: 'POST', body: ['begun'], staysOpen: true }),
          { bodyWait: 100 },
        );
        assert.instance(client.ownError(error), RequestBodyTimeoutError, mode);
      }
    });

    check('a reader that pauses pauses the upstream', async () => {
      const url = await at('/flood');
      const first = signal();
      const abort = new AbortController();
      await client.inMode('record', emptyStore(), async (ask) => {
        const never = new Promise(() => {});
        const asked = ask(url, {
          signal: abort.signal,
          onChunk: () => {
            first.give();
            return never;
          },
        });
        await first.seen;
        const stalledAt = await routes.stalled();
        assert.ok(stalledAt < STALLED_BELOW, `${stalledAt} bytes`);
        abort.abort();
        await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 50))]);
      });
    });

    check('passthrough leaves a request alone, in every mode', async () => {
      const url = await at('/text');
      for (const mode of ['record', 'auto', 'replay'] as const) {
        const store = emptyStore();
        const { body } = await client.inMode(mode, store, (ask) => ask(url), { passthrough: 'loopback' });
        assert.is(String(body), 'hello', mode);
        assert.is((await recordedIn(store)).length, 0, mode);
      }
    });
  }
}

/** An address at which nobody listens. */
async function refusedUrl(): Promise<string> {
  const { url, close } = await loopback(() => {});
  await close();
  return `${url}/`;
}
