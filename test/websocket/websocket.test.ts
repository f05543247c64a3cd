import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import * as assert from 'uvu/assert';
import { printInteraction } from '../../src/formats/cassette-json.js';
import {
  BodyTooLargeError,
  type BrokerMode,
  type CassetteOptions,
  InteractionNotFoundError,
  interpose,
  JsonFileCassetteStore,
  MemoryCassetteStore,
  withCassette,
} from '../../src/index.js';
import { tls } from '../adapters/node-http/tls.js';
import { brokerOn } from '../adapters/undici/clients.js';
import { suite } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';
import { failureOf, stderrDuring, within } from '../support/ways-in.js';
import {
  type Client,
  clients,
  type Event,
  missing,
  namesOf,
  type Socket,
  type SocketClass,
  talk,
  type WsSocket,
  ws,
} from './clients.js';
import { frame, rawServer, webSocketServer } from './server.js';

const test = suite('WebSockets');

const WAIT_MS = 10_000;

type Each = Parameters<typeof talk>[2];

const newStore = () => new MemoryCassetteStore({ createIfMissing: true });

const inScope = <T>(
  mode: BrokerMode,
  store: MemoryCassetteStore,
  work: () => Promise<T>,
  options: CassetteOptions = {},
) => within(WAIT_MS, withCassette({ bodyWait: 200, ...options, store, mode }, work)) as Promise<T>;

/** The types and texts of what is recorded of the only connection, by who says it. */
async function said(store: MemoryCassetteStore): Promise<readonly string[]> {
  const { interactions } = await store.load();
  assert.is(interactions.length, 1);
  return (interactions[0]?.responseChunks ?? []).slice(1).map(({ data, metadata }) => {
    const [from, type, code = ''] = metadata.map(([, value]) => value);
    return `${from}: ${type} ${code}${Buffer.from(data).toString('latin1')}`;
  });
}

async function endedOf(store: MemoryCassetteStore): Promise<string | undefined> {
  const [interaction] = (await store.load()).interactions;
  return interaction?.metadata.find(([name]) => name === 'ended')?.[1];
}

/** A server that answers texts in capitals, bytes backwards, and closes when it is told to. */
const echo = (options?: Readonly<Record<string, unknown>>) =>
  webSocketServer((socket) => {
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) {
        socket.send(Buffer.from(data).reverse());
      } else if (String(data) === 'close') {
        socket.close(4001, 'as asked: ü');
      } else {
        socket.send(String(data).toUpperCase());
        socket.send(JSON.stringify({ length: data.length }));
      }
    });
  }, options);

/** What a program says to that server. */
const conversation: Each = (socket, [event], messages) => {
  if (event === 'open') {
    socket.send('hello ü');
    socket.send(Uint8Array.of(1, 2, 255));
  } else if (event === 'message' && messages === 3) {
    socket.send(JSON.stringify({ again: 'x'.repeat(70_000) }));
  } else if (event === 'message' && messages === 5) {
    socket.send('close');
  }
};

/** What is seen live, recorded and replayed with the server gone is the same. */
async function sameEverywhere(
  client: Client,
  server: Awaited<ReturnType<typeof webSocketServer>>,
  each: Each,
  more: {
    readonly protocols?: readonly string[];
    readonly options?: CassetteOptions;
    readonly path?: string;
  } = {},
): Promise<{ readonly store: MemoryCassetteStore; readonly live: readonly Event[] }> {
  const store = newStore();
  const url = `${server.url}${more.path ?? '/'}`;
  const run = () => talk(client, url, each, more.protocols);
  const live = await within(WAIT_MS, run());
  const recorded = await inScope('record', store, run, more.options);
  await server.close();
  const replayed = await inScope('replay', store, run, more.options);
  assert.equal(recorded, live, 'recorded');
  assert.equal(replayed, live, 'replayed');
  return { store, live };
}

for (const client of clients) {
  const check = test.skipUnless(
    client.WebSocket !== undefined && missing === undefined,
    missing ?? client.why,
  );
  const { name } = client;

  for (const [what, options] of Object.entries({
    'as it is': {},
    compressed: { perMessageDeflate: { threshold: 0 } },
    'compressed message by message': {
      perMessageDeflate: { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
    },
  })) {
    check(`${name}: a conversation, ${what}, is the same live, recorded and replayed`, async () => {
      const { store, live } = await sameEverywhere(client, await echo(options), conversation);
      assert.is(live[0]?.[2], what === 'as it is' ? '' : live[0]?.[2]);
      assert.equal(live.at(-1), ['close', 4001, 'as asked: ü', true]);
      assert.is(await endedOf(store), 'whole');
      const short = (await said(store)).filter((message) => message.length < 100);
      assert.equal(short.slice(0, 2), ['client: text hello Ã¼', 'client: binary \x01\x02ÿ']);
      assert.equal(
        short.slice(-2).map((message) => message.slice(0, 18)),
        ['server: close 4001', 'client: close 4001'],
      );
    });
  }

  check(`${name}: the program may close by itself`, async () => {
    const { live } = await sameEverywhere(client, await echo(), (socket, [event], messages) => {
      if (event === 'open') {
        socket.send('one');
      } else if (messages === 2) {
        socket.close(3000, 'done');
      }
    });
    assert.equal(live.at(-1), ['close', 3000, 'done', true]);
  });

  check(`${name}: the protocol is the one that the server has chosen`, async () => {
    const handleProtocols = () => 'second';
    const server = await echo({ handleProtocols });
    const { live } = await sameEverywhere(client, server, conversation, { protocols: ['first', 'second'] });
    assert.is(live[0]?.[1], 'second');
  });

  check(`${name}: a refusal of the server`, async () => {
    const { store } = await sameEverywhere(client, await echo(), () => {}, { path: '/refused' });
    const [interaction] = (await store.load()).interactions;
    assert.equal(interaction?.responseChunks[0]?.metadata[0], ['status_code', '403']);
  });

  for (const [how, cut] of Object.entries({
    'ends its connection': (socket: { end(): void }) => socket.end(),
    'breaks its connection': (socket: { resetAndDestroy(): void }) => socket.resetAndDestroy(),
  })) {
    check(`${name}: a server that ${how}`, async () => {
      const server = await rawServer(frame(0x81, 'first'), (socket) => cut(socket as never));
      const { store, live } = await sameEverywhere(client, server, (socket, [event]) => {
        if (event === 'message') {
          socket.send('now');
        }
      });
      assert.equal(live.at(-1), ['close', 1006, '', false]);
      const isEnd = how.startsWith('ends');
      assert.is(await endedOf(store), isEnd ? 'whole' : 'truncated');
      assert.equal((await said(store)).slice(0, 3), [
        'server: text first',
        'client: text now',
        `server: ${isEnd ? 'end' : 'cut'} `,
      ]);
    });
  }

  for (const [what, bytes] of Object.entries({
    'a frame of a reserved opcode': frame(0x83, 'x'),
    'a text that is none': frame(0x81, Uint8Array.of(0xff, 0xfe)),
    'a ping in fragments': frame(0x09, 'x'),
    'compression that nobody asked for': frame(0xc1, 'x'),
  })) {
    check(`${name}: a server that sends ${what}`, async () => {
      const server = await rawServer(Buffer.concat([frame(0x81, 'fine'), bytes]), (socket) => socket.end());
      const { store, live } = await sameEverywhere(client, server, () => {});
      assert.equal(live[1], ['message', 'fine']);
      assert.is(live.at(-1)?.[0], 'close');
      if (!what.startsWith('a text')) {
        assert.is(await endedOf(store), 'whole');
      }
    });
  }

  check(`${name}: what the server says waits for what the program had said before it`, async () => {
    const server = await webSocketServer((socket) => {
      socket.send('welcome');
      socket.on('message', (data: Buffer) => {
        socket.send(`after ${data}`);
        if (String(data) === 'two') {
          socket.close();
        }
      });
    });
    const store = newStore();
    const inTurn: Each = (socket, _event, messages) => {
      const next = ['one', 'two'][messages - 1];
      if (next !== undefined && _event[0] === 'message') {
        socket.send(next);
      }
    };
    await inScope('record', store, () => talk(client, server.url, inTurn));
    await server.close();
    const before: number[] = [];
    const seen = await inScope('replay', store, () =>
      talk(client, server.url, (socket, [event], messages) => {
        const next = ['one', 'two'][messages - 1];
        if (event === 'message' && next !== undefined) {
          // The server says nothing more for as long as it is not asked.
          turns(50, () => {
            before.push(count);
            socket.send(next);
          });
        }
        count = messages;
      }),
    );
    assert.equal(before, [1, 2]);
    assert.equal(
      seen.filter(([event]) => event === 'message').map(([, text]) => text),
      ['welcome', 'after one', 'after two'],
    );
  });
  let count = 0;

  check(`${name}: a program that says something else is cut off, and the scope says why`, async () => {
    const server = await echo();
    const store = newStore();
    const saying =
      (...texts: readonly string[]): Each =>
      (socket, [event]) => {
        if (event === 'open') {
          for (const text of texts) {
            socket.send(text);
          }
        }
      };
    await inScope('record', store, () =>
      talk(client, server.url, saying('{"id":1,"password":"hunter2hunter2"}', 'close')),
    );
    await server.close();
    let seen: readonly Event[] = [];
    const printed = await stderrDuring(async () => {
      const error = await failureOf(() =>
        inScope('replay', store, async () => {
          seen = await talk(client, server.url, saying('{"id":2,"password":"opensesame99"}', 'close'));
        }),
      );
      assert.instance(error, InteractionNotFoundError);
      const { message, nearest } = error as InteractionNotFoundError;
      assert.match(message, 'message 1 of the program');
      assert.match(message, 'body.id: recorded 1, got 2');
      assert.is(nearest[0]?.differences[0]?.place, 'body.id');
      assert.not.match(message, 'opensesame99');
      assert.not.match(message, 'hunter2hunter2');
    });
    assert.equal(namesOf(seen), ['open', 'error', 'close']);
    assert.equal(seen.at(-1)?.slice(0, 2), ['close', 1006]);
    assert.match(printed, 'MISS: message 1');
    // What does not count does not matter.
    const match = { body: { ignore: ['$.id'] } };
    const again = await inScope(
      'replay',
      store,
      () => talk(client, server.url, saying('{"password":"opensesame99", "id":2}', 'close')),
      { match },
    );
    assert.equal(again.at(-1)?.slice(0, 2), ['close', 4001]);
  });

  check(`${name}: a WebSocket that was not recorded fails as one does, and nothing is sent`, async () => {
    const server = await echo();
    let seen: readonly Event[] = [];
    const printed = await stderrDuring(async () => {
      seen = await inScope('replay', newStore(), () => talk(client, server.url, conversation));
    });
    assert.is(server.count(), 0);
    await server.close();
    assert.equal(namesOf(seen), client.closesUnopened ? ['error', 'close'] : ['error']);
    if (client.closesUnopened) {
      assert.is(seen[1]?.[1], 1006);
    }
    if (name === 'ws') {
      assert.match(String(seen[0]?.[1]), 'MISS: GET');
    } else {
      assert.match(printed, 'MISS: GET');
    }
  });

  check(`${name}: a plain request to the same URL is another one`, async () => {
    const server = await echo();
    const store = newStore();
    await inScope('record', store, () => talk(client, server.url, conversation));
    await server.close();
    const error = await failureOf(() => inScope('replay', store, () => fetch(`${server.url}/`)));
    assert.match((error.cause as Error).message, 'Nothing like it was recorded');
  });

  check(`${name}: what is open when its scope ends is recorded, and stays open in replay`, async () => {
    const server = await echo();
    const store = newStore();
    const opened: Socket[] = [];
    const begin = (texts: readonly string[]) =>
      new Promise<unknown>((resolve) => {
        void talk(client, server.url, (socket, [event], messages) => {
          if (event === 'open') {
            opened.push(socket);
            for (const text of texts) {
              socket.send(text);
            }
          } else if (event === 'close' || (event === 'message' && messages === 2)) {
            resolve(messages);
          }
        });
      });
    const printed = await stderrDuring(() => inScope('record', store, () => begin(['one'])));
    assert.match(printed, 'still open when its scope ended');
    assert.is(await endedOf(store), 'truncated');
    assert.equal(await said(store), ['client: text one', 'server: text ONE', 'server: text {"length":3}']);
    await server.close();
    await inScope('replay', store, () => begin(['one']));
    const error = await failureOf(() => inScope('replay', store, () => begin(['one', 'two'])));
    assert.match(error.message, 'recorded: nothing more');
    // A close is no message that could be missed.
    const closed = await inScope('replay', store, () =>
      talk(client, server.url, (socket, [event], messages) => {
        if (event === 'open') {
          socket.send('one');
        } else if (event === 'message' && messages === 2) {
          socket.close(1000);
        }
      }),
    );
    assert.equal(closed.at(-1), ['close', 1000, '', true]);
  });

  check(`${name}: no secret of a message is stored`, async () => {
    const token = 'sk-proj-abcdefghij1234567890ABCDEFGHIJ';
    const server = await webSocketServer((socket) => {
      socket.send(Uint8Array.of(0, 1, 2));
      socket.send(
        JSON.stringify({ session: { access_token: 'q8Zr5tY1uV7wX3bN9mK2' }, password: 'hunter2 hunter2' }),
      );
      socket.on('message', () => socket.close(1000, `your ${token}`));
    });
    const store = newStore();
    const each: Each = (socket, [event], messages) => {
      if (event === 'message' && messages === 2) {
        socket.send(`use q8Zr5tY1uV7wX3bN9mK2 and ${token}`);
      }
    };
    await inScope('record', store, () =>
      talk(client, `${server.url}/?access_token=q8Zr5tY1uV7wX3bN9mK2`, each),
    );
    const [interaction] = (await store.load()).interactions;
    const text = printInteraction(interaction as never);
    assert.not.match(text, 'q8Zr5tY1');
    assert.not.match(text, 'hunter2');
    assert.not.match(text, 'abcdefghij1234567890');
    assert.not.match(text.toLowerCase(), 'sec-websocket-key');
    await server.close();
    const seen = await inScope('replay', store, () =>
      talk(client, `${server.url}/?access_token=q8Zr5tY1uV7wX3bN9mK2`, each),
    );
    assert.is(seen.at(-1)?.[1], 1000);
  });

  check(`${name}: more than maxBodySize is stopped, and nothing is half recorded`, async () => {
    const server = await webSocketServer((socket) => {
      for (let index = 0; index < 10; index++) {
        socket.send('x'.repeat(1000));
      }
    });
    const store = newStore();
    let seen: readonly Event[] = [];
    const error = await failureOf(() =>
      inScope(
        'record',
        store,
        async () => {
          seen = await talk(client, server.url, () => {});
        },
        { maxBodySize: 4500 },
      ),
    );
    await server.close();
    assert.instance(error, BodyTooLargeError);
    assert.equal(seen.at(-1)?.slice(0, 2), ['close', 1006]);
    assert.is((await store.load()).size, 0);
  });

  check(`${name}: much, and many at once`, async () => {
    const server = await webSocketServer((socket) => {
      socket.on('message', (data: Buffer) => {
        for (let index = 0; index < 500; index++) {
          socket.send(`${index} ${data}`);
        }
        socket.send('z'.repeat(3_000_000));
      });
    });
    const { live } = await sameEverywhere(client, server, (socket, [event], messages) => {
      if (event === 'open') {
        socket.send('y'.repeat(1_000));
      } else if (messages === 501) {
        socket.close(1000);
      }
    });
    assert.is(live.length, 503);
  });
}

/** Calls back after so many turns of the event loop. */
function turns(left: number, callback: () => void): void {
  setImmediate(() => (left === 0 ? callback() : turns(left - 1, callback)));
}

const wsOnly = test.skipUnless(missing === undefined, missing ?? '');
const ours = clients.at(-1) as Client;

wsOnly('a cassette that one client has recorded answers the others', async () => {
  const server = await echo({ perMessageDeflate: { threshold: 0 } });
  const store = newStore();
  const recorded = await inScope('record', store, () => talk(ours, server.url, conversation));
  await server.close();
  const others = clients.filter((client) => client.WebSocket !== undefined);
  for (const client of others) {
    assert.equal(
      await inScope('replay', store, () => talk(client, server.url, conversation)),
      recorded,
      client.name,
    );
  }
  const plain = await inScope('replay', store, () =>
    talk(ours, server.url, conversation, [], { perMessageDeflate: false }),
  );
  assert.is(plain[0]?.[2], '');
  assert.equal(plain.slice(1), recorded.slice(1));
});

wsOnly(
  'pings of the server come again, and those of the program are answered whenever they come',
  async () => {
    const server = await webSocketServer((socket) => {
      socket.on('message', () => {
        socket.ping('are you there');
        socket.close(1000);
      });
    });
    const store = newStore();
    const run = (pings: number) =>
      new Promise<readonly string[]>((resolve) => {
        const seen: string[] = [];
        const socket = new (ws.WebSocket as SocketClass<WsSocket>)(server.url);
        let pongs = 0;
        const go = () => (pongs++ < pings ? socket.ping(`mine ${pongs}`) : socket.send('go on'));
        socket.on('open', go);
        socket.on('pong', (data: Buffer) => {
          seen.push(`pong ${data}`);
          go();
        });
        socket.on('ping', (data: Buffer) => seen.push(`ping ${data}`));
        socket.on('close', () => resolve(seen));
      });
    assert.equal(await inScope('record', store, () => run(1)), ['pong mine 1', 'ping are you there']);
    await server.close();
    for (const pings of [0, 1, 3]) {
      const seen = await inScope('replay', store, () => run(pings));
      assert.is(seen.length, pings + 1);
      assert.is(seen.at(-1), 'ping are you there');
    }
  },
);

wsOnly('a message in fragments is one message, whichever way it is cut', async () => {
  const server = await echo();
  const store = newStore();
  const inPieces = (pieces: readonly string[]) =>
    talk(ours, server.url, (socket, [event], messages) => {
      if (event === 'open') {
        pieces.forEach((piece, index) => {
          (socket as WsSocket).send(piece, { fin: index === pieces.length - 1 });
        });
      } else if (event === 'message' && messages === 2) {
        socket.close(1000);
      }
    });
  const recorded = await inScope('record', store, () => inPieces(['he', 'llo']));
  await server.close();
  assert.equal(await inScope('replay', store, () => inPieces(['hello'])), recorded);
});

wsOnly('a connection that the program breaks off is truncated, and may be broken off again', async () => {
  const server = await echo();
  const store = newStore();
  const run = () =>
    talk(ours, server.url, (socket, [event]) => {
      if (event === 'open') {
        socket.send('one');
      } else if (event === 'message') {
        (socket as WsSocket).terminate();
      }
    });
  const recorded = await inScope('record', store, run);
  assert.is(await endedOf(store), 'truncated');
  await server.close();
  assert.equal((await inScope('replay', store, run)).at(-1), recorded.at(-1));
});

wsOnly('the second connection gets the second recording', async () => {
  let connections = 0;
  const server = await webSocketServer((socket) => {
    socket.send(`number ${++connections}`);
    socket.close(1000);
  });
  const store = newStore();
  const both = async () => [await talk(ours, server.url, () => {}), await talk(ours, server.url, () => {})];
  const recorded = await inScope('record', store, both);
  await server.close();
  assert.equal(await inScope('replay', store, both), recorded);
});

wsOnly('auto records what is missing, and replays what is there', async () => {
  const server = await echo();
  const file = `${tempFolder()}/auto.json`;
  const run = (mode: BrokerMode) =>
    within(
      WAIT_MS,
      withCassette({ cassette: file, mode }, () => talk(ours, server.url, conversation)),
    );
  const recorded = await run('auto');
  assert.is(server.count(), 1);
  assert.equal(await run('replay'), recorded);
  assert.is(server.count(), 1);
  await server.close();
});

wsOnly('latency "recorded" keeps the server as slow as it was', async () => {
  const server = await webSocketServer((socket) => {
    setTimeout(() => {
      socket.send('late');
      socket.close(1000);
    }, 300);
  });
  const store = newStore();
  const run = () => talk(ours, server.url, () => {});
  await inScope('record', store, run);
  await server.close();
  const begun = performance.now();
  await inScope('replay', store, run, { latency: 'recorded' });
  assert.ok(performance.now() - begun >= 100);
});

wsOnly('a small message that is decompressed to more than maxBodySize is stopped as well', async () => {
  const server = await webSocketServer((socket) => socket.send('x'.repeat(1_000_000)), {
    perMessageDeflate: { threshold: 0 },
  });
  const store = newStore();
  const error = await failureOf(() =>
    inScope('record', store, () => talk(ours, server.url, () => {}), { maxBodySize: 100_000 }),
  );
  await server.close();
  assert.instance(error, BodyTooLargeError);
  assert.is((await store.load()).size, 0);
});

wsOnly('a value that varies is matched in messages, and that of the URL is put into them', async () => {
  const server = await webSocketServer((socket, path) => {
    socket.on('message', (data: Buffer) => {
      const { id } = JSON.parse(String(data)) as { id: string };
      socket.send(JSON.stringify({ path, id }));
      socket.close(1000);
    });
  });
  const store = newStore();
  const run = (nonce: string) =>
    inScope(
      nonce === 'nonce-f81d4fae' ? 'record' : 'replay',
      store,
      () =>
        talk(ours, `${server.url}/?nonce=${nonce}`, (socket, [event]) => {
          if (event === 'open') {
            socket.send(JSON.stringify({ id: nonce }));
          }
        }),
      { vary: ['query:nonce', 'body:$.id'] },
    );
  await run('nonce-f81d4fae');
  await server.close();
  const seen = await run('nonce-a7c39b52');
  assert.equal(seen[1], ['message', '{"path":"/?nonce=nonce-a7c39b52","id":"nonce-a7c39b52"}']);
});

wsOnly('over TLS, with the program’s own authority', async () => {
  const { createServer } = await import('node:https');
  const server = createServer(tls.server).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new (ws.WebSocketServer as NonNullable<typeof ws.WebSocketServer>)({ server });
  sockets.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => socket.close(1000, `got ${data}`));
  });
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const store = newStore();
  const run = () =>
    talk(
      ours,
      url,
      (socket, [event]) => {
        if (event === 'open') {
          socket.send('hello');
        }
      },
      [],
      { ca: tls.ca },
    );
  const recorded = await inScope('record', store, run);
  server.close();
  server.closeAllConnections();
  assert.equal(recorded.at(-1), ['close', 1000, 'got hello', true]);
  assert.equal(await inScope('replay', store, run), recorded);
});

wsOnly('an interposed dispatcher brokers them as well', async () => {
  const server = await echo();
  const store = newStore();
  for (const mode of ['record', 'replay'] as const) {
    const broker = await brokerOn(store, mode);
    const agent = new Agent();
    const dispatcher = agent.compose(interpose(broker));
    const client = clients.find(({ name }) => name === 'undici 7') as Client;
    const Class = client.WebSocket as SocketClass;
    const own = class {
      constructor(url: string) {
        // biome-ignore lint/correctness/noConstructorReturn: it is the socket that is asked for
        return new Class(url, { dispatcher } as never);
      }
    };
    const seen = await within(
      WAIT_MS,
      talk({ ...client, WebSocket: own as unknown as SocketClass }, server.url, conversation),
    );
    assert.equal(seen.at(-1)?.slice(0, 2), ['close', 4001], mode);
    await broker.close();
    await agent.destroy();
    await server.close();
  }
  assert.is((await store.load()).size, 1);
});

wsOnly('what "passthrough" names is left alone', async () => {
  const server = await echo();
  const store = newStore();
  for (const mode of ['record', 'replay'] as const) {
    await inScope(mode, store, () => talk(ours, server.url, conversation), { passthrough: 'loopback' });
  }
  assert.is(server.count(), 2);
  assert.is((await store.load()).size, 0);
  await server.close();
});

wsOnly('a program sees a close when it is saved', async () => {
  const server = await echo();
  const store = newStore();
  const save = store.save.bind(store);
  let saved = 0;
  store.save = async (...args) => {
    await new Promise<void>((resolve) => turns(20, resolve));
    await save(...args);
    saved++;
  };
  let savedBefore = 0;
  await inScope('record', store, () =>
    talk(ours, server.url, (socket, event, messages) => {
      conversation(socket, event, messages);
      savedBefore = saved;
    }),
  );
  assert.is(savedBefore, 1);
  await server.close();
});

wsOnly('a save that fails fails its scope', async () => {
  const server = await echo();
  const store = newStore();
  store.save = () => Promise.reject(new Error('no room'));
  const error = await failureOf(() => inScope('record', store, () => talk(ours, server.url, conversation)));
  assert.match(error.message, 'no room');
  await server.close();
});

wsOnly(
  'a file that was edited by hand is replayed as it stands, and one that is wrong says where',
  async () => {
    const { readFileSync, writeFileSync } = await import('node:fs');
    const server = await echo();
    const file = `${tempFolder()}/edited.json`;
    const run = (mode: BrokerMode) =>
      within(
        WAIT_MS,
        withCassette({ cassette: file, mode }, () => talk(ours, server.url, conversation)),
      );
    await run('record');
    await server.close();
    const text = readFileSync(file, 'utf8');
    assert.match(text, '{ "server": { "text": "HELLO Ü" } }');
    assert.match(text, '{ "client": { "base64": "AQL/" } }');
    writeFileSync(file, text.replace('HELLO Ü', 'Good day'));
    const [, first] = await run('replay');
    assert.equal(first, ['message', 'Good day']);
    assert.is((await new JsonFileCassetteStore(file).load()).size, 1);
    writeFileSync(
      file,
      text.replace('{ "server": { "text": "HELLO Ü" } }', '{ "nobody": { "text": "HELLO Ü" } }'),
    );
    const seen = await stderrDuring(async () => {
      const events = await run('replay');
      assert.equal(namesOf(events), ['error', 'close']);
      assert.match(String(events[0]?.[1]), 'interaction 1 of 1: "messages"[');
    });
    void seen;
  },
);

wsOnly('bytes that a program reads by itself are recorded once', async () => {
  const { request } = await import('node:http');
  const server = await rawServer(Buffer.concat([frame(0x81, 'early'), frame(0x88, '')]), (socket) =>
    socket.end(),
  );
  const store = newStore();
  const run = async () => {
    const asked = request(server.url, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-key': Buffer.alloc(16, 7).toString('base64'),
        'sec-websocket-version': '13',
      },
    }).end();
    const [, socket, head] = await once(asked, 'upgrade');
    const pieces = [head as Buffer];
    socket.on('data', (data: Buffer) => pieces.push(data));
    const closed = once(socket, 'close');
    socket.end(Buffer.from([0x88, 0x80, 1, 2, 3, 4]));
    await closed;
    return Buffer.concat(pieces).toString('latin1');
  };
  const recorded = await inScope('record', store, run);
  await server.close();
  assert.equal(await said(store), ['server: text early', 'server: close ', 'client: close ']);
  assert.is(await inScope('replay', store, run), recorded);
});

test.run();
