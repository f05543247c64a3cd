import { setTimeout } from 'node:timers/promises';
import * as assert from 'uvu/assert';
import {
  type BrokerMode,
  installInterposition,
  interpose,
  type MemoryCassetteStore,
} from '../../../src/index.js';
import { type Loopback, loopback } from '../../support/loopback.js';
import { suite } from '../../support/suite.js';
import { BuiltInAgent, brokerOn, copies, emptyStore, type Undici, WHY_SKIPPED } from './clients.js';

const test = suite('the end of a dispatcher that has requests');

type Dispatcher = InstanceType<Undici['Agent']>;

/** How a promise settled, as a program can tell. */
async function seen(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    const { name, code, message, cause } = error as NodeJS.ErrnoException;
    return cause === undefined
      ? [name, code, message]
      : [name, code, message, await seen(Promise.reject(cause))];
  }
}

/** Notes what happens, in its order. */
class Events {
  readonly list: unknown[] = [];

  note(name: string, promise: Promise<unknown>): Promise<void> {
    return seen(promise).then((what) => {
      this.list.push([name, what]);
    });
  }
}

interface Asked {
  readonly u: Undici;
  make(): Dispatcher;
  readonly origin: string;
}

const CLOSED_AND_DESTROYED = 'closed, and destroyed before the request has ended';

/** What a program does, and what it is told. */
const PROGRAMS: Readonly<Record<string, (asked: Asked) => Promise<unknown[]>>> = {
  async 'destroyed right after a request'({ make, origin }) {
    const dispatcher = make();
    const events = new Events();
    const pending = events.note('request', dispatcher.request({ origin, path: '/', method: 'GET' }));
    await Promise.all([pending, events.note('destroy', dispatcher.destroy())]);
    return events.list;
  },

  async 'destroyed with an error of the program’s own'({ make, origin }) {
    const dispatcher = make();
    const events = new Events();
    const pending = events.note('request', dispatcher.request({ origin, path: '/', method: 'GET' }));
    await Promise.all([pending, dispatcher.destroy(new RangeError('enough'))]);
    return events.list;
  },

  async 'destroyed while a request body is read'({ make, origin }) {
    const dispatcher = make();
    async function* body() {
      yield 'begun';
      await new Promise(() => {});
    }
    const events = new Events();
    const request = dispatcher.request({ origin, path: '/', method: 'POST', body: body() as never });
    const pending = events.note('request', request);
    await Promise.all([pending, dispatcher.destroy()]);
    return events.list;
  },

  async 'destroyed by what compose() gave'({ make, origin }) {
    const dispatcher = make().compose((dispatch) => dispatch);
    const events = new Events();
    const pending = events.note('request', dispatcher.request({ origin, path: '/', method: 'GET' }));
    await Promise.all([pending, dispatcher.destroy()]);
    return events.list;
  },

  async 'closed right after a request: that one ends first, and later ones are refused'({ make, origin }) {
    const dispatcher = make();
    const events = new Events();
    const whole = async (path: string) =>
      (await dispatcher.request({ origin, path, method: 'GET' })).body.text();
    const earlier = events.note('earlier', whole('/recorded'));
    const closed = events.note('close', dispatcher.close());
    await events.note('later', whole('/recorded'));
    await Promise.all([earlier, closed]);
    return [...events.list, dispatcher.closed, dispatcher.destroyed];
  },

  async [CLOSED_AND_DESTROYED]({ make, origin }) {
    const dispatcher = make();
    const events = new Events();
    const earlier = events.note('earlier', dispatcher.request({ origin, path: '/', method: 'GET' }));
    const ends = [dispatcher.close(), dispatcher.destroy()];
    await Promise.all([earlier, ...ends]);
    return events.list;
  },

  async 'a request that its program aborts right after it'({ make, origin }) {
    const dispatcher = make();
    const controller = new AbortController();
    const options = { origin, path: '/', method: 'GET' as const, signal: controller.signal };
    const pending = seen(dispatcher.request(options));
    controller.abort();
    const outcome = await pending;
    await dispatcher.destroy();
    return [outcome];
  },
};

async function api(): Promise<Loopback> {
  return loopback((request, response) => {
    request.resume();
    response.end('answered');
  });
}

/** A cassette that holds the one request that a program may ask, or both. */
async function recorded(u: Undici, origin: string, paths: readonly string[]): Promise<MemoryCassetteStore> {
  const store = emptyStore();
  const interposition = await installInterposition('record', { store });
  const client = new u.Agent();
  for (const path of paths) {
    await (await client.request({ origin, path, method: 'GET' })).body.text();
  }
  await client.close();
  await interposition.uninstall();
  return store;
}

for (const { name, undici: u } of copies) {
  const check = test.skipUnless(u !== undefined, WHY_SKIPPED);
  const undici = u as Undici;
  for (const kind of ['Client', 'Pool', 'Agent'] as const) {
    for (const [title, program] of Object.entries(PROGRAMS)) {
      if (kind === 'Agent' && title === CLOSED_AND_DESTROYED) {
        // An Agent that was closed has let go of its clients, and destroys none.
        continue;
      }
      check(`${name}, ${kind} ${title}`, async () => {
        const server = await api();
        const make = () =>
          kind === 'Agent' ? new undici.Agent() : (new undici[kind](server.url) as never as Dispatcher);
        const asked = { u: undici, make, origin: server.url };
        const live = await program(asked);
        for (const paths of [['/recorded'], ['/recorded', '/']]) {
          const store = await recorded(undici, server.url, paths);
          for (const mode of ['auto', 'replay'] satisfies BrokerMode[]) {
            const interposition = await installInterposition(mode, { store });
            assert.equal(await program(asked), live, `${mode}, ${paths}`);
            await interposition.uninstall();
          }
        }
        await server.close();
      });
    }
  }

  check(`${name}: destroyed while its answer is waited for, recorded and replayed`, async () => {
    const server = await loopback(() => {});
    const program = async () => {
      const dispatcher = new undici.Agent();
      const pending = seen(dispatcher.request({ origin: server.url, path: '/', method: 'GET' }));
      // Whether it has been sent by then does not matter.
      await setTimeout(20);
      await dispatcher.destroy();
      return pending;
    };
    const live = await program();
    const store = emptyStore();
    for (const mode of ['record', 'replay'] satisfies BrokerMode[]) {
      const interposition = await installInterposition(mode, { store });
      assert.equal(await program(), live, mode);
      await interposition.uninstall();
    }
    assert.is((await store.load()).size, 1);
    await server.close();
  });

  check(`${name}: destroyed under an interposed dispatcher`, async () => {
    const server = await api();
    const program = async (make: () => Dispatcher) => {
      const dispatcher = make();
      const pending = seen(dispatcher.request({ origin: server.url, path: '/', method: 'GET' }));
      await dispatcher.destroy();
      return pending;
    };
    const make = () => new undici.Agent();
    const live = await program(make);
    const broker = await brokerOn(emptyStore(), 'replay');
    const interposed = () => make().compose(interpose(broker) as never) as never as Dispatcher;
    assert.equal(await program(interposed), live);
    await server.close();
  });
}

test('the built-in global dispatcher, destroyed right after a fetch', async () => {
  const server = await api();
  const slots = globalThis as unknown as Record<symbol, Dispatcher>;
  const names = [1, 2].map((slot) => Symbol.for(`undici.globalDispatcher.${slot}`));
  const before = names.map((slot) => slots[slot] as Dispatcher);
  const program = async () => {
    for (const slot of names) {
      slots[slot] = new BuiltInAgent() as Dispatcher;
    }
    const interposition = mode && (await installInterposition(mode, { store: emptyStore() }));
    const pending = seen(fetch(server.url));
    await Promise.all(names.map((slot) => (slots[slot] as Dispatcher).destroy()));
    const outcome = await pending;
    await interposition?.uninstall();
    return outcome;
  };
  let mode: BrokerMode | undefined;
  const live = await program();
  mode = 'replay';
  assert.equal(await program(), live);
  names.forEach((slot, index) => {
    slots[slot] = before[index] as Dispatcher;
  });
  await server.close();
});

test.run();
