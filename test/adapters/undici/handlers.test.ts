import type { ServerResponse } from 'node:http';
import * as assert from 'uvu/assert';
import type { BrokerMode } from '../../../src/index.js';
import { interpose } from '../../../src/index.js';
import { loopback, signal } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import {
  brokerOn,
  copies,
  emptyStore,
  recordedIn,
  settled,
  tick,
  type Undici,
  WHY_SKIPPED,
} from './clients.js';

const test = suite('handlers given to dispatch');

let onHeld: (response: ServerResponse) => void = () => {};
const server = await loopback((request, response) => {
  if (request.url === '/hints') {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' });
    response.writeEarlyHints({ link: '</b.css>; rel=preload' });
    response.end('hinted');
  } else if (request.url === '/held') {
    onHeld(response);
  } else if (request.url === '/headers') {
    response.end(JSON.stringify(request.rawHeaders));
  } else {
    response.write('one ');
    setImmediate(() => response.end('two'));
  }
});
test.after(() => server.close());

interface Told {
  readonly events: string[];
  abort(reason?: unknown): void;
  resume(): void;
}

type Hook = (told: Told) => unknown;

/** A program's handler in the protocol of its undici; a hook that gives `false` pauses. */
function handlerFor(name: string, hooks: Record<string, Hook>, ended: () => void) {
  let control = { abort: (_?: unknown) => {}, resume: () => {}, pause: () => {} };
  const told: Told = {
    events: [],
    abort: (reason) => control.abort(reason),
    resume: () => control.resume(),
  };
  const tell = (event: string, detail = '') => {
    told.events.push(`${event}${detail}`);
    if (event === 'end' || event === 'error') {
      ended();
    }
    const goOn = hooks[event]?.(told) !== false;
    if (!goOn) {
      control.pause();
    }
    return goOn;
  };
  const messageOf = (error: unknown) => ` ${(error as Error).message}`;
  const legacy = {
    onConnect(abort: (reason?: unknown) => void) {
      control = { ...control, abort };
      tell('start');
    },
    onHeaders(status: number, _: unknown, resume: () => void) {
      control = { ...control, resume };
      return tell(status < 200 ? 'interim' : 'head', ` ${status}`);
    },
    onData: (chunk: Buffer) => tell('data', ` ${chunk.toString()}`),
    onComplete: () => void tell('end'),
    onError: (error: unknown) => void tell('error', messageOf(error)),
  };
  const modern = {
    onRequestStart(controller: typeof control) {
      control = controller;
      tell('start');
    },
    onResponseStart: (_: unknown, status: number) =>
      void tell(status < 200 ? 'interim' : 'head', ` ${status}`),
    onResponseData: (_: unknown, chunk: Buffer) => void tell('data', ` ${chunk.toString()}`),
    onResponseEnd: () => void tell('end'),
    onResponseError: (_: unknown, error: unknown) => void tell('error', messageOf(error)),
  };
  return { told, handler: name === 'undici 6' ? legacy : modern, both: { ...legacy, ...modern } };
}

interface Run {
  readonly options?: Record<string, unknown>;
  readonly hooks?: Record<string, Hook>;
  readonly path?: string;
  readonly both?: boolean;
  /** Called when the dispatch was made. */
  readonly during?: (told: Told) => Promise<void> | void;
}

type Dispatcher = InstanceType<Undici['Agent']>;

async function run(name: string, dispatcher: Dispatcher, what: Run): Promise<string[]> {
  const ended = signal();
  const { told, handler, both } = handlerFor(name, what.hooks ?? {}, ended.give);
  const options = { origin: server.url, path: what.path ?? '/two', method: 'GET', ...what.options };
  dispatcher.dispatch(options as never, (what.both ? both : handler) as never);
  await what.during?.(told);
  await settled(ended.seen, () => told.events.join(', '));
  // Whatever is told too much comes right behind.
  await tick();
  await tick();
  return told.events;
}

for (const { name, undici } of copies) {
  const check = test.skipUnless(undici !== undefined, WHY_SKIPPED);
  const { Agent } = undici ?? ({} as Undici);

  const without = async (what: Run) => {
    const agent = new Agent();
    try {
      return await run(name, agent, what);
    } finally {
      await agent.destroy();
    }
  };
  const within = async (mode: BrokerMode, store: ReturnType<typeof emptyStore>, what: Run) => {
    const broker = await brokerOn(store, mode);
    const agent = new Agent();
    try {
      return await run(name, agent.compose(interpose(broker) as never) as Dispatcher, what);
    } finally {
      await broker.close();
      await agent.destroy();
    }
  };

  const throwing = (event: string): Run => ({
    hooks: {
      [event]: () => {
        throw new Error(`thrown in ${event}`);
      },
    },
  });

  for (const event of ['start', 'head', 'data', 'end']) {
    check(`${name}: what a handler throws at "${event}" ends its exchange as it does live`, async () => {
      const expected = await without(throwing(event));
      assert.is(expected.at(-1), `error thrown in ${event}`);
      const store = emptyStore();
      for (const mode of ['record', 'auto'] as const) {
        assert.equal(await within(mode, emptyStore(), throwing(event)), expected, mode);
      }
      await within('record', store, {});
      assert.equal(await within('replay', store, throwing(event)), expected, 'replay');
    });
  }

  for (const event of ['start', 'head', 'data']) {
    for (const method of ['GET', 'HEAD']) {
      check(`${name}: ${method} aborted at the first "${event}" ends once, with the error`, async () => {
        const aborting: Run = {
          options: { method },
          hooks: { [event]: (told) => told.abort(new Error('enough')) },
        };
        const expected = await without(aborting);
        const store = emptyStore();
        await within('record', store, { options: { method } });
        for (const mode of ['record', 'auto', 'replay'] as const) {
          const events = await within(mode, mode === 'replay' ? store : emptyStore(), aborting);
          assert.equal(events, expected, mode);
        }
      });
    }
  }

  check(`${name}: aborted at an early hint, nothing comes after the error`, async () => {
    const aborting: Run = { path: '/hints', hooks: { interim: (told) => told.abort(new Error('enough')) } };
    const expected = await without(aborting);
    assert.equal(expected, ['start', 'interim 103', 'error enough']);
    const store = emptyStore();
    await within('record', store, { path: '/hints' });
    for (const mode of ['record', 'auto', 'replay'] as const) {
      const events = await within(mode, mode === 'replay' ? store : emptyStore(), aborting);
      assert.equal(events, expected, mode);
    }
  });

  check(`${name}: aborted while it catches up with a response that has ended, it ends once`, async () => {
    const store = emptyStore();
    const broker = await brokerOn(store, 'record');
    const agent = new Agent();
    const recorded = signal();
    const poll = () => (broker.stats.recorded === 1 ? recorded.give() : setImmediate(poll));
    const events = await run(name, agent.compose(interpose(broker) as never) as Dispatcher, {
      hooks: {
        head: () => false,
        data: (told) => {
          if (told.events.at(-1) === 'data two') {
            told.abort(new Error('enough'));
          }
        },
      },
      async during(told) {
        poll();
        await settled(recorded.seen, () => 'the recording');
        await tick();
        told.resume();
      },
    });
    await agent.destroy();
    assert.equal(events, ['start', 'head 200', 'data one ', 'data two', 'error enough']);
  });

  check(`${name}: a handler that pauses at every chunk gets all of them`, async () => {
    const pausing: Run = {
      hooks: Object.fromEntries(
        ['head', 'data'].map((event) => [
          event,
          (told: Told) => {
            setImmediate(() => told.resume());
            return false;
          },
        ]),
      ),
    };
    const expected = ['start', 'head 200', 'data one ', 'data two', 'end'];
    assert.equal(await without(pausing), expected);
    const store = emptyStore();
    for (const mode of ['record', 'replay'] as const) {
      assert.equal(await within(mode, store, pausing), expected, mode);
    }
  });

  check(`${name}: data that came before the upstream's error is given before it`, async () => {
    const arrived = signal<ServerResponse>();
    onHeld = arrived.give;
    const store = emptyStore();
    const broker = await brokerOn(store, 'record', { readAhead: 1024 });
    const agent = new Agent();
    const upstreamData: string[] = [];
    const events = await run(
      name,
      agent
        .compose((dispatch: (options: never, handler: never) => boolean) => {
          return (options: never, handler: never) =>
            dispatch(options, watchData(handler, upstreamData) as never);
        })
        .compose(interpose(broker) as never) as Dispatcher,
      {
        path: '/held',
        hooks: { head: () => false },
        async during(told) {
          const response = await arrived.seen;
          response.write('so far');
          while (!upstreamData.includes('data')) {
            await tick();
          }
          response.destroy();
          while (!upstreamData.includes('error')) {
            await tick();
          }
          assert.equal(told.events, ['start', 'head 200']);
          told.resume();
        },
      },
    );
    await agent.destroy();
    assert.equal(events.slice(0, 3), ['start', 'head 200', 'data so far']);
    assert.match(events[3] as string, /^error (other side closed|terminated)$/);
    assert.is(events.length, 4);
    assert.equal(await recordedIn(store), []);
  });

  check(`${name}: a handler that speaks both protocols is served`, async () => {
    const expected = await without({ both: true });
    const store = emptyStore();
    for (const mode of ['record', 'replay', 'auto'] as const) {
      assert.equal(await within(mode, store, { both: true }), expected, mode);
    }
  });

  check(`${name}: headers that can be read only once reach the upstream`, async () => {
    function* headers() {
      yield ['x-once', 'here'];
    }
    for (const mode of ['record', 'auto'] as const) {
      const events = await within(mode, emptyStore(), { path: '/headers', options: { headers: headers() } });
      assert.match(events.join(), '"x-once","here"', mode);
    }
  });

  const refused: Record<string, Record<string, unknown>> = {
    'a path without a slash': { path: 'two' },
    'a method that is none': { method: 'G T' },
    'no method': { method: undefined },
    'a header with a line break': { headers: { 'x-broken': 'a\nb' } },
    'headers of an odd length': { headers: ['x-odd'] },
    'a body of no known kind': { method: 'POST', body: 42 },
    'a query beside one in the path': { path: '/two?a=1', query: { b: 2 } },
  };
  for (const [what, options] of Object.entries(refused)) {
    check(`${name}: ${what} is refused in undici's words`, async () => {
      const expected = await refusal(name, new Agent(), { origin: server.url, path: '/two', ...options });
      const before = server.count();
      for (const mode of ['record', 'auto'] as const) {
        const store = emptyStore();
        const broker = await brokerOn(store, mode);
        const agent = new Agent();
        const composed = agent.compose(interpose(broker) as never) as Dispatcher;
        const seen = await refusal(name, composed, { origin: server.url, path: '/two', ...options });
        await broker.close();
        await agent.destroy();
        assert.equal(seen, expected, mode);
        assert.is((await recordedIn(store)).length, 0, mode);
      }
      assert.is(server.count(), before);
    });
  }

  // What undici 7 composes is given every handler in a wrapper that has all methods, with or without an interceptor.
  const direct = test.skipUnless(undici !== undefined && name !== 'undici 7', WHY_SKIPPED);
  direct(
    `${name}: a handler that is none is refused in undici's words, and nothing is recorded`,
    async () => {
      const thrownBy = (dispatcher: Dispatcher) => {
        try {
          dispatcher.dispatch({ origin: server.url, path: '/two', method: 'GET' }, {} as never);
          return 'nothing';
        } catch (error) {
          return (error as Error).message;
        }
      };
      const agent = new Agent();
      const expected = thrownBy(agent);
      assert.is.not(expected, 'nothing');
      for (const mode of ['record', 'auto', 'replay'] as const) {
        const store = emptyStore();
        const broker = await brokerOn(store, mode);
        assert.is(thrownBy(agent.compose(interpose(broker) as never) as Dispatcher), expected, mode);
        await broker.close();
        assert.is((await recordedIn(store)).length, 0, mode);
      }
      await agent.destroy();
    },
  );
}

interface Refusal {
  readonly name: string;
  readonly code: unknown;
  readonly message: string;
}

/** How options are refused, whether by a throw or by the handler. */
function refusal(name: string, dispatcher: Dispatcher, options: Record<string, unknown>): Promise<Refusal> {
  return new Promise((resolve) => {
    const tell = (error: unknown) => {
      const { name: errorName, code, message } = error as Error & { code?: unknown };
      resolve({ name: errorName, code, message });
    };
    const { handler } = handlerFor(name, {}, () => {});
    const told = {
      ...handler,
      onError: tell,
      onResponseError: (_: unknown, error: unknown) => tell(error),
      onComplete: () => tell(new Error('answered')),
      onResponseEnd: () => tell(new Error('answered')),
    };
    if (name === 'undici 6') {
      Reflect.deleteProperty(told, 'onResponseError');
      Reflect.deleteProperty(told, 'onResponseEnd');
    } else {
      Reflect.deleteProperty(told, 'onError');
      Reflect.deleteProperty(told, 'onComplete');
    }
    try {
      dispatcher.dispatch({ method: 'GET', ...options } as never, told as never);
    } catch (error) {
      tell(error);
    }
  });
}

/** The handler itself, telling when data and errors of the upstream pass through it. */
function watchData(handler: Record<string, unknown>, seen: string[]): object {
  const watched: Record<string, unknown> = { ...handler };
  const watch = (method: string, event: string) => {
    const own = handler[method];
    if (typeof own === 'function') {
      watched[method] = (...args: unknown[]) => {
        seen.push(event);
        return Reflect.apply(own, handler, args);
      };
    }
  };
  watch('onData', 'data');
  watch('onResponseData', 'data');
  watch('onError', 'error');
  watch('onResponseError', 'error');
  return watched;
}

test.run();
